import {Args, Flags} from '@oclif/core';
import {appFlag, changeFlags, parseDuration} from '../../cli/base-command.ts';
import {ChangeCommand, unplacedFlags} from '../../cli/change-command.ts';
import {isAlive} from '../../cli/placement-obstacles.ts';

export default class ShardPin extends ChangeCommand<typeof ShardPin> {
  static override summary = 'Bind a shard to one container.';
  static override description =
    'The shard moves there as soon as maxMoving of the app allows, and stays there, regardless of balance. While that container cannot take it, the shard runs nowhere: sm asks first.';
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
    ...unplacedFlags('the shard id'),
    ...changeFlags,
  };

  override async run(): Promise<void> {
    const {app} = this.flags;
    const {id, container} = this.args;
    const lasts = this.flags.for === undefined ? {} : {pinForMs: parseDuration(this.flags.for)};
    const pin = {manualContainerId: container, ...lasts};
    const request = {service: app, shardId: id, ...pin, ...this.change};
    await this.confirmUnplaced(`pin shard ${id} to ${container}`, id, () =>
      this.client.call('updateShard', {...request, dryRun: true}),
    );
    const {containers} = await this.client.call('getContainers', {service: app});
    const lives = containers.some((one) => one.id === container && isAlive(one));
    const answer = await this.client.call('updateShard', request);
    if (answer.warning !== undefined) this.say(answer.warning);
    await this.showChange('Shard', id, answer, {pin: container, lives});
    if (!lives) this.say(`container ${container} is not alive: the shard waits for it`);
  }
}
