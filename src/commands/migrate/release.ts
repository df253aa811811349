import {Flags} from '@oclif/core';
import {SmCommand} from '../../cli/base-command.ts';
import {confirmByName} from '../../cli/confirm.ts';
import type {ReleasedApp} from '../../server/migration.ts';

export default class MigrateRelease extends SmCommand<typeof MigrateRelease> {
  static override summary = 'Give all apps back to servers of the Go project.';
  static override description =
    'Stop all daemons and all containers of our own SDK first; push containers run on. Names of shards are spelled as the Go project spells them, and keys of ours that it does not know are deleted. Audit entries stay.';
  static override examples = [
    '<%= config.bin %> migrate release --config-file sample.yml',
    '<%= config.bin %> migrate release --config-file sample.yml --confirm sm.prod',
  ];
  static override flags = {
    'config-file': Flags.string({
      char: 'c',
      description: 'configuration of a daemon: etcd, etcdPrefix, service',
      required: true,
    }),
    confirm: Flags.string({description: "sm's own service name, instead of typing it"}),
  };

  override async run(): Promise<void> {
    const {'config-file': configFile, confirm} = this.flags;
    const [{migrationReport, release}, {loadConfig}] = await Promise.all([
      import('../../transfer/index.ts'),
      import('../../config/index.ts'),
    ]);
    const {service} = loadConfig(configFile);
    const {apps} = await migrationReport({configFile});
    await confirmByName(`give ${apps.length} apps back to the Go project`, service, confirm);
    const released = await release({configFile}, (text) => this.say(text));
    await this.showList<ReleasedApp>({
      kind: 'MigrationRelease',
      items: released,
      name: ({app}) => app,
      columns: [
        {header: 'APP', value: ({app}) => app},
        {header: 'RENAMED', value: ({renamed}) => renamed},
        {header: 'DELETED', value: ({deleted}) => deleted},
      ],
    });
  }
}
