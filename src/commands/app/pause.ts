import {Args} from '@oclif/core';
import {SmCommand, changeFlags} from '../../cli/base-command.ts';
import {changeResult} from '../../cli/changes.ts';

export default class AppPause extends SmCommand<typeof AppPause> {
  static override summary = 'Stop voluntary moves of an app; recovery and drains go on.';
  static override examples = ['<%= config.bin %> app pause orders --reason "load test"'];
  static override hiddenAliases = ['apps:pause'];
  static override args = {name: Args.string({description: 'name of the app', required: true})};
  static override flags = {...changeFlags};

  override async run(): Promise<void> {
    const {name} = this.args;
    const {reason, 'dry-run': dryRun} = this.flags;
    const change = {service: name, paused: true, reason, dryRun};
    const answer = await this.client.call('updateSpec', change);
    await this.showObject(changeResult('App', name, answer, {paused: true}, dryRun));
  }
}
