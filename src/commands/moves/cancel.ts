import {Flags} from '@oclif/core';
import {appFlag, changeFlags} from '../../cli/base-command.ts';
import {ChangeCommand} from '../../cli/change-command.ts';
import {DRY_RUN_NOTE} from '../../cli/changes.ts';
import {SmError} from '../../model/errors.ts';
import type {CancelMovesAnswer} from '../../protocol/admin.ts';

export default class MovesCancel extends ChangeCommand<typeof MovesCancel> {
  static override summary = 'Cancel voluntary moves that have not begun.';
  static override description = [
    'A cancelled move is not planned again between the same two processes. A move that is already running cannot be cancelled (exit code 4).',
    'To stop all voluntary moves of an app for a time: app pause.',
  ].join('\n');
  static override examples = [
    '<%= config.bin %> moves cancel -a orders eu-1',
    '<%= config.bin %> moves cancel -a orders --all --reason "peak hours"',
  ];
  static override hiddenAliases = ['move:cancel'];
  static override strict = false;
  static override usage = 'moves cancel -a APP MOVE...';
  static override flags = {
    app: appFlag,
    all: Flags.boolean({description: 'cancel every queued voluntary move'}),
    ...changeFlags,
  };

  override async run(): Promise<void> {
    const {app, all} = this.flags;
    const {dryRun} = this.change;
    const request = {service: app, moves: [...this.words], all, ...this.change};
    const answer = await this.client.call('cancelMoves', request);
    const [only] = answer.items;
    if (this.words.length === 1 && only?.error !== undefined) throw refused(only, app);
    await this.showList({
      kind: 'MoveCancelList',
      fields: {changed: answer.changed, failed: answer.failed, dryRun, revision: answer.revision},
      items: answer.items,
      name: ({move}) => move,
      columns: [
        {header: 'MOVE', value: ({move}) => move},
        {header: 'SHARD', value: ({shard}) => shard},
        {header: 'RESULT', value: ({result}) => result},
        {header: 'ERROR', value: ({error}) => error ?? ''},
      ],
      ...(answer.items.length > 0 && dryRun ? {note: DRY_RUN_NOTE} : {}),
      ...(answer.items.length === 0 ? {note: 'no voluntary move is queued'} : {}),
    });
    if (answer.failed > 0) this.leaveWith(9);
  }
}

function refused({move, result, error}: CancelMovesAnswer['items'][number], app: string): SmError {
  const code = result === 'absent' ? 'NOT_FOUND' : 'CONFLICT';
  return new SmError(code, `move ${move} was not cancelled: ${error}`, {
    hint: `sm moves ls -a ${app}`,
  });
}
