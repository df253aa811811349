import {Flags} from '@oclif/core';
import {appArg, changeFlags, parseDuration} from '../../cli/base-command.ts';
import {ChangeCommand} from '../../cli/change-command.ts';

export default class AppPause extends ChangeCommand<typeof AppPause> {
  static override summary = 'Stop voluntary moves of an app; recovery and drains go on.';
  static override description =
    'For maintenance: no shard is moved for balance, but the shards of lost containers still recover. With --for the pause ends by itself.';
  static override examples = [
    '<%= config.bin %> app pause orders --reason "load test"',
    '<%= config.bin %> app pause orders --for 2h --reason "switch of rack 7"',
  ];
  static override hiddenAliases = ['apps:pause'];
  static override args = appArg;
  static override flags = {
    for: Flags.string({description: 'duration of the pause; default: until app resume'}),
    ...changeFlags,
  };

  override async run(): Promise<void> {
    const {name} = this.args;
    const lasts = this.flags.for === undefined ? {} : {pauseForMs: parseDuration(this.flags.for)};
    const request = {service: name, paused: true, ...lasts, ...this.change};
    const answer = await this.client.call('updateSpec', request);
    if (answer.warning !== undefined) this.say(answer.warning);
    await this.showChange('App', name, answer, {paused: true});
  }
}
