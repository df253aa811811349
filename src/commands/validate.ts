import {SmCommand} from '../cli/base-command.ts';
import {appsFileFlag, readApps} from '../cli/apps-source.ts';
import {counted} from '../model/counted.ts';

export default class Validate extends SmCommand<typeof Validate> {
  static override summary = 'Check files that declare apps, without asking a daemon.';
  static override examples = [
    '<%= config.bin %> validate -f apps.yml',
    '<%= config.bin %> validate -f apps/ --json',
  ];
  static override flags = {file: appsFileFlag};

  override async run(): Promise<void> {
    const apps = await readApps(this.flags.file);
    const shards = apps.reduce((sum, app) => sum + app.shards.length, 0);
    await this.showObject({
      kind: 'Validation',
      fields: {
        valid: true,
        apps: apps.map(({name, shards: own}) => ({name, shards: own.length})),
        shards,
      },
      name: this.flags.file.join(' '),
      lines: [`valid: ${counted(apps.length, 'app')}, ${counted(shards, 'shard')}`],
    });
  }
}
