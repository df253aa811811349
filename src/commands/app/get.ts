import {appLines} from '../../cli/app-lines.ts';
import {SmCommand, appArg} from '../../cli/base-command.ts';

export default class AppGet extends SmCommand<typeof AppGet> {
  static override summary = 'Show one app.';
  static override examples = ['<%= config.bin %> app get orders'];
  static override hiddenAliases = ['apps:get'];
  static override args = appArg;

  override async run(): Promise<void> {
    const {app, revision} = await this.client.call('getApp', {service: this.args.name});
    await this.showObject({
      kind: 'App',
      fields: {...app, revision},
      name: app.service,
      lines: appLines(app),
    });
  }
}
