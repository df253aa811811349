import {appArg, changeFlags} from '../../cli/base-command.ts';
import {ChangeCommand} from '../../cli/change-command.ts';

export default class AppResume extends ChangeCommand<typeof AppResume> {
  static override summary = 'Allow voluntary moves of an app again.';
  static override examples = ['<%= config.bin %> app resume orders'];
  static override hiddenAliases = ['apps:resume'];
  static override args = appArg;
  static override flags = {...changeFlags};

  override async run(): Promise<void> {
    const {name} = this.args;
    const request = {service: name, paused: false, ...this.change};
    const answer = await this.client.call('updateSpec', request);
    await this.showChange('App', name, answer, {paused: false});
  }
}
