import {SmCommand, optionalAppFlag} from '../cli/base-command.ts';
import {exportedApp} from '../cli/exported-app.ts';
import type {PrintedApp} from '../config/apps-print.ts';
import {visible} from '../model/visible.ts';

export default class Export extends SmCommand<typeof Export> {
  static override summary = 'Print apps as a file that apply accepts.';
  static override description =
    'The same apps always give the same bytes. Pass `revision` to --if-revision of apply. An app is refused while the spec of one of its shards cannot be read.';
  static override examples = [
    '<%= config.bin %> export -a orders > orders.yml',
    '<%= config.bin %> export --json',
  ];
  static override flags = {app: optionalAppFlag};

  override async run(): Promise<void> {
    const {app} = this.flags;
    const names = app === undefined ? (await this.client.call('getSpec', {})).services : [app];
    const apps: PrintedApp[] = [];
    for (const service of names.toSorted()) apps.push(await exportedApp(this.client, service));
    if (this.format === 'json' || this.format === 'jsonl') {
      await this.showObject({kind: 'AppsFile', fields: {apps}, name: 'apps', lines: []});
    } else if (this.format === 'name') {
      for (const {name} of apps) process.stdout.write(`${visible(name)}\n`);
    } else {
      const {printApps} = await import('../config/apps-print.ts');
      process.stdout.write(printApps(apps));
    }
  }
}
