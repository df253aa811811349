import {Args} from '@oclif/core';
import {SmCommand, appFlag} from '../../cli/base-command.ts';
import {moveRows} from '../../cli/move-rows.ts';
import {SmError} from '../../model/errors.ts';
import {causeText} from '../../model/move-reason.ts';
import {MOVES_LIMIT} from '../../cli/limits.ts';

export default class MovesGet extends SmCommand<typeof MovesGet> {
  static override summary = 'Show one move: running, queued or finished.';
  static override examples = ['<%= config.bin %> moves get -a orders eu-1'];
  static override hiddenAliases = ['move:get'];
  static override args = {
    move: Args.string({description: 'id of the move, or of its shard', required: true}),
  };
  static override flags = {app: appFlag};

  override async run(): Promise<void> {
    const {app} = this.flags;
    const {move: wanted} = this.args;
    const answer = await this.client.call('moves', {service: app, limit: MOVES_LIMIT});
    const found = moveRows(answer).find(({id, shard}) => id === wanted || shard === wanted);
    if (found === undefined)
      throw new SmError('NOT_FOUND', `app ${app} has no move ${wanted}`, {
        hint: `sm moves ls -a ${app}`,
      });
    const {id, shard, from, to, state, why, startedAt, endedAt, note, numbers, wait} = found;
    await this.showObject({
      kind: 'Move',
      fields: {...found, revision: answer.revision},
      name: id || shard,
      lines: [
        `move ${id || '-'} of shard ${shard}: ${from || '-'} -> ${to || '-'}, ${state.toUpperCase()}`,
        `why: ${causeText({why: why || '-', numbers})}`,
        ...(wait === '' ? [] : [`waits for: ${wait}`]),
        `started ${startedAt || '-'}${endedAt === '' ? '' : `, ended ${endedAt}`}`,
        ...(note === '' ? [] : [`note: ${note}`]),
      ],
    });
  }
}
