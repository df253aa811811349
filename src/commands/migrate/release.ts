import {Flags} from '@oclif/core';
import {counted} from '../../model/counted.ts';
import {SmCommand} from '../../cli/base-command.ts';
import {confirmByName} from '../../cli/confirm.ts';
import type {ReleasedApp} from '../../server/migration.ts';

export default class MigrateRelease extends SmCommand<typeof MigrateRelease> {
  static override summary = 'Hand all apps back to servers of the Go project.';
  static override description =
    'First stop all daemons and all containers that use the SDK of this project; push containers keep running. Shard names are converted to the spelling of the Go project, and keys that it does not know are deleted. Audit entries stay.';
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
    confirm: Flags.string({description: "sm's own service name, to skip the prompt"}),
  };

  override async run(): Promise<void> {
    const {'config-file': configFile, confirm} = this.flags;
    const [{migrationReport, release}, {loadConfig}] = await Promise.all([
      import('../../transfer/index.ts'),
      import('../../config/index.ts'),
    ]);
    const {service} = loadConfig(configFile, {asClient: true});
    const {apps} = await migrationReport({configFile});
    await confirmByName(
      `give ${counted(apps.length, 'app')} back to the Go project`,
      service,
      confirm,
    );
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
