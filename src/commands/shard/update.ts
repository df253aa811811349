import {Args, Flags} from '@oclif/core';
import {SmCommand, appFlag, changeFlags} from '../../cli/base-command.ts';
import {changeResult} from '../../cli/changes.ts';
import {SmError} from '../../model/errors.ts';

export default class ShardUpdate extends SmCommand<typeof ShardUpdate> {
  static override summary = 'Change the task, group or worker group of a shard.';
  static override description =
    'Another task: its container drops the shard and adds it anew, with a new token, as soon as the app may have one more shard out of service. For the pin see shard pin.';
  static override examples = [
    `<%= config.bin %> shard update -a orders eu-1 --task '{"region":"eu","tier":2}'`,
    '<%= config.bin %> shard update -a orders eu-1 --worker-group gpu',
    "<%= config.bin %> shard update -a orders eu-1 --group ''",
  ];
  static override hiddenAliases = ['shards:update'];
  static override args = {id: Args.string({description: 'shard id', required: true})};
  static override flags = {
    app: appFlag,
    task: Flags.string({description: 'payload given to the container'}),
    group: Flags.string({description: 'balancing group'}),
    'worker-group': Flags.string({description: 'pool of containers it demands'}),
    ...changeFlags,
  };

  override async run(): Promise<void> {
    const {app, reason, task, group, 'worker-group': workerGroup, 'dry-run': dryRun} = this.flags;
    const {id} = this.args;
    const wanted = Object.entries({task, group, workerGroup}).filter(([, to]) => to !== undefined);
    const changes = Object.fromEntries(wanted) as {[field: string]: string};
    if (wanted.length === 0)
      throw new SmError('INVALID_INPUT', 'nothing is to be changed', {
        hint: 'give --task, --group or --worker-group',
      });
    const request = {service: app, shardId: id, ...changes, reason, dryRun};
    const answer = await this.client.call('updateShard', request);
    await this.showObject(changeResult('Shard', id, answer, changes, dryRun));
  }
}
