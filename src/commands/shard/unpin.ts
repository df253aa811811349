import {Args} from '@oclif/core';
import {SmCommand, appFlag, changeFlags} from '../../cli/base-command.ts';
import {changeResult} from '../../cli/changes.ts';

export default class ShardUnpin extends SmCommand<typeof ShardUnpin> {
  static override summary = 'Let the planner choose the container of a shard again.';
  static override examples = ['<%= config.bin %> shard unpin -a orders eu-1'];
  static override hiddenAliases = ['shards:unpin'];
  static override args = {id: Args.string({description: 'shard id', required: true})};
  static override flags = {app: appFlag, ...changeFlags};

  override async run(): Promise<void> {
    const {app, reason, 'dry-run': dryRun} = this.flags;
    const {id} = this.args;
    const change = {service: app, shardId: id, manualContainerId: '', reason, dryRun};
    const answer = await this.client.call('updateShard', change);
    await this.showObject(changeResult('Shard', id, answer, {pin: ''}, dryRun));
  }
}
