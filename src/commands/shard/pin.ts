import {Args, Flags} from '@oclif/core';
import {appFlag, changeFlags, parseDuration} from '../../cli/base-command.ts';
import {ChangeCommand} from '../../cli/change-command.ts';
import {confirmByName} from '../../cli/confirm.ts';
import {NOT_ALIVE, pinObstacle} from '../../cli/placement-obstacles.ts';

export default class ShardPin extends ChangeCommand<typeof ShardPin> {
  static override summary = 'Bind a shard to one container.';
  static override description =
    'The shard moves there at once and stays there, regardless of balance. While that container cannot take it, the shard runs nowhere: sm asks first.';
  static override examples = [
    '<%= config.bin %> shard pin -a orders eu-1 orders-2',
    '<%= config.bin %> shard pin -a orders eu-1 orders-2 --for 2h --reason "hot shard"',
  ];
  static override hiddenAliases = ['shards:pin'];
  static override args = {
    id: Args.string({description: 'shard id', required: true}),
    container: Args.string({description: 'container id', required: true}),
  };
  static override flags = {
    app: appFlag,
    for: Flags.string({description: 'duration of the pin; default: until shard unpin'}),
    confirm: Flags.string({
      description: 'the shard id, to skip the prompt that appears if the container cannot take it',
    }),
    force: Flags.boolean({
      description: 'pin without a prompt even if the container cannot take the shard',
    }),
    ...changeFlags,
  };

  override async run(): Promise<void> {
    const {app, confirm} = this.flags;
    const {id, container} = this.args;
    const lasts = this.flags.for === undefined ? {} : {pinForMs: parseDuration(this.flags.for)};
    const pin = {manualContainerId: container, ...lasts};
    const request = {service: app, shardId: id, ...pin, ...this.change};
    const obstacle = await this.obstacle();
    if (obstacle !== undefined && !this.change.dryRun && !this.flags.force)
      await confirmByName(`stop shard ${id} (container ${container} ${obstacle})`, id, confirm);
    const answer = await this.client.call('updateShard', request);
    if (obstacle !== undefined) this.say(`container ${container} ${obstacle}: the shard waits`);
    const lives = obstacle !== NOT_ALIVE;
    await this.showChange('Shard', id, answer, {pin: container, lives});
  }

  /** Why the container would not get the shard; undefined when it would, or there is no such shard. */
  private async obstacle(): Promise<string | undefined> {
    const {app: service} = this.flags;
    const {id: shardId, container} = this.args;
    const [{shards}, {containers}, {workers}] = await Promise.all([
      this.client.call('getShards', {service, shardId, limit: 1}),
      this.client.call('getContainers', {service}),
      this.client.call('getWorker', {service}),
    ]);
    const [shard] = shards;
    const isThere = shard?.container === container;
    const workerGroup = shard?.workerGroup ?? '';
    return pinObstacle({container, isThere, workerGroup}, containers, workers);
  }
}
