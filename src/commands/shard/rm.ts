import {Flags} from '@oclif/core';
import {SmCommand, appFlag, changeFlags} from '../../cli/base-command.ts';
import {changeResult} from '../../cli/changes.ts';
import {RemoteError} from '../../admin/remote-error.ts';
import {removeMany} from '../../cli/shard-batches.ts';
import {SmError} from '../../model/errors.ts';
import type {WriteAnswer} from '../../protocol/admin.ts';

export default class ShardRm extends SmCommand<typeof ShardRm> {
  static override summary = 'Remove shards from an app.';
  static override examples = [
    '<%= config.bin %> shard rm -a orders eu-1',
    '<%= config.bin %> shard rm -a orders eu-1 eu-2 --ignore-not-found',
  ];
  static override hiddenAliases = ['shard:delete', 'shards:rm', 'shards:delete'];
  static override strict = false;
  static override usage = 'shard rm -a APP ID...';
  static override flags = {
    app: appFlag,
    'ignore-not-found': Flags.boolean({description: 'succeed for shards that do not exist'}),
    ...changeFlags,
  };

  override async run(): Promise<void> {
    const [only] = this.words;
    if (only === undefined)
      throw new SmError('INVALID_INPUT', 'no shard is given', {hint: 'name one or more ids'});
    if (this.words.length === 1) await this.removeOne(only);
    else await this.removeAll();
  }

  private async removeOne(shardId: string): Promise<void> {
    const dryRun = this.flags['dry-run'];
    await this.showObject(
      changeResult('Shard', shardId, await this.call(shardId, dryRun), {}, dryRun),
    );
  }

  private async call(shardId: string, dryRun: boolean): Promise<WriteAnswer> {
    try {
      return await this.client.call('delShard', {
        ...{service: this.flags.app, shardId},
        ...{reason: this.flags.reason, dryRun},
      });
    } catch (error) {
      const absent = error instanceof RemoteError && error.failure.code === 'SHARD_NOT_FOUND';
      if (absent && this.flags['ignore-not-found'])
        return {result: 'unchanged', changed: false, revision: '0'};
      throw error;
    }
  }

  private async removeAll(): Promise<void> {
    const shards = this.words.map((shardId) => ({shardId}));
    const dryRun = this.flags['dry-run'];
    const answer = dryRun
      ? await this.client.call('delShards', {
          ...{service: this.flags.app, shards},
          ...{reason: this.flags.reason, dryRun},
        })
      : await removeMany(this.client, this.flags.app, shards, {reason: this.flags.reason});
    const {items, changed, revision} = answer;
    const absent = items.filter(({result}) => result === 'absent').length;
    const failed = answer.failed + (this.flags['ignore-not-found'] ? 0 : absent);
    await this.showList({
      kind: 'ShardChangeList',
      fields: {changed, failed, revision},
      items,
      name: ({shardId}) => shardId,
      columns: [
        {header: 'SHARD', value: ({shardId}) => shardId},
        {header: 'RESULT', value: ({result}) => result},
        {header: 'ERROR', value: ({error}) => error ?? ''},
      ],
    });
    if (failed > 0) this.leaveWith(9);
  }
}
