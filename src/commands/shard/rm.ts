import {Flags} from '@oclif/core';
import {appFlag, changeFlags} from '../../cli/base-command.ts';
import {ChangeCommand} from '../../cli/change-command.ts';
import {shardResults} from '../../cli/changes.ts';
import {inBatches} from '../../cli/shard-batches.ts';
import {SmError} from '../../model/errors.ts';

export default class ShardRm extends ChangeCommand<typeof ShardRm> {
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
    const request = {service: this.flags.app, shardId, ...this.change};
    const removing = this.client.call('delShard', request);
    const answer = await this.removed(removing, ({code}) => code === 'SHARD_NOT_FOUND');
    await this.showChange('Shard', shardId, answer);
  }

  private async removeAll(): Promise<void> {
    const shards = this.words.map((shardId) => ({shardId}));
    const {app} = this.flags;
    const {dryRun} = this.change;
    const answer = await inBatches(this.client, 'delShards', app, shards, this.change);
    const {items, changed, revision} = answer;
    const absent = items.filter(({result}) => result === 'absent').length;
    const failed = answer.failed + (this.flags['ignore-not-found'] ? 0 : absent);
    await this.showList(shardResults({changed, failed, dryRun, revision}, items));
    if (failed > 0) this.leaveWith(9);
  }
}
