import {Args} from '@oclif/core';
import {SmCommand, changeFlags} from '../../cli/base-command.ts';
import {changeResult} from '../../cli/changes.ts';

export default class AppResume extends SmCommand<typeof AppResume> {
  static override summary = 'Allow voluntary moves of an app again.';
  static override examples = ['<%= config.bin %> app resume orders'];
  static override hiddenAliases = ['apps:resume'];
  static override args = {name: Args.string({description: 'name of the app', required: true})};
  static override flags = {...changeFlags};

  override async run(): Promise<void> {
    const {name} = this.args;
    const {reason, 'dry-run': dryRun} = this.flags;
    const change = {service: name, paused: false, reason, dryRun};
    const answer = await this.client.call('updateSpec', change);
    await this.showObject(changeResult('App', name, answer, {paused: false}, dryRun));
  }
}
