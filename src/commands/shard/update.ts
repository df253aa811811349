import {Flags} from '@oclif/core';
import {appFlag, changeFlags, shardArg} from '../../cli/base-command.ts';
import {ChangeCommand, unplacedFlags} from '../../cli/change-command.ts';
import {loadsOf} from '../../cli/registration-flags.ts';
import {SmError} from '../../model/errors.ts';

export default class ShardUpdate extends ChangeCommand<typeof ShardUpdate> {
  static override summary =
    'Change the task, group, worker group, load, spread key or priority of a shard.';
  static override description =
    'When the task changes, the container drops the shard and adds it again with a new token, as soon as the app may have one more shard out of service. To change the pin use shard pin.';
  static override examples = [
    `<%= config.bin %> shard update -a orders eu-1 --task '{"region":"eu","tier":2}'`,
    '<%= config.bin %> shard update -a orders eu-1 --worker-group gpu',
    "<%= config.bin %> shard update -a orders eu-1 --group ''",
  ];
  static override hiddenAliases = ['shards:update'];
  static override args = shardArg;
  static override flags = {
    app: appFlag,
    task: Flags.string({description: 'payload given to the container'}),
    group: Flags.string({description: 'balancing group'}),
    'worker-group': Flags.string({
      description: 'worker group (pool of containers) that the shard must run in',
    }),
    load: Flags.string({
      description:
        'load in a metric, as METRIC=NUMBER; may be repeated; replaces all declared loads',
      multiple: true,
    }),
    'spread-key': Flags.string({
      description: 'two shards with the same key are never on one container; "" for none',
    }),
    priority: Flags.integer({
      description: 'when capacity is short, shards with a higher priority are placed first',
    }),
    ...unplacedFlags('the shard id'),
    ...changeFlags,
  };

  override async run(): Promise<void> {
    const {app, task, group, 'worker-group': workerGroup} = this.flags;
    const {id} = this.args;
    const {load, priority, 'spread-key': spreadKey} = this.flags;
    const wanted = Object.entries({task, group, workerGroup, spreadKey}).filter(
      ([, to]) => to !== undefined,
    );
    const changes = {
      ...(Object.fromEntries(wanted) as {[field: string]: string}),
      ...(load === undefined ? {} : {load: loadsOf(load)}),
      ...(priority === undefined ? {} : {priority}),
    };
    if (Object.keys(changes).length === 0)
      throw new SmError('INVALID_INPUT', 'no change is given', {
        hint: 'give --task, --group, --worker-group, --load, --spread-key or --priority',
      });
    const request = {service: app, shardId: id, ...changes, ...this.change};
    if (workerGroup !== undefined)
      await this.confirmUnplaced(`change shard ${id}`, id, () =>
        this.client.call('updateShard', {...request, dryRun: true}),
      );
    const answer = await this.client.call('updateShard', request);
    await this.showChange('Shard', id, answer, changes);
    if (workerGroup !== undefined) await this.warnOfEmptyGroup(request.service, workerGroup);
  }
}
