import {appFlag, changeFlags, shardArg} from '../../cli/base-command.ts';
import {ChangeCommand} from '../../cli/change-command.ts';

export default class ShardUnpin extends ChangeCommand<typeof ShardUnpin> {
  static override summary = 'Let the planner choose the container of a shard again.';
  static override examples = ['<%= config.bin %> shard unpin -a orders eu-1'];
  static override hiddenAliases = ['shards:unpin'];
  static override args = shardArg;
  static override flags = {app: appFlag, ...changeFlags};

  override async run(): Promise<void> {
    const {id} = this.args;
    const request = {service: this.flags.app, shardId: id, manualContainerId: '', ...this.change};
    const answer = await this.client.call('updateShard', request);
    await this.showChange('Shard', id, answer, {pin: ''});
  }
}
