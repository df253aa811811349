import {Flags} from '@oclif/core';
import {SmCommand} from '../../cli/base-command.ts';
import {listFlags} from '../../cli/list-shape.ts';
import type {OriginApp} from '../../server/migration.ts';

export default class MigrateReport extends SmCommand<typeof MigrateReport> {
  static override summary =
    'Show what the Go project left in etcd, and what a daemon will take over.';
  static override description =
    'Reads etcd and changes nothing. sm serve takes an app over by itself once no server of the Go project runs below the prefix. Exit code 10: something will not be taken over, or runs twice.';
  static override examples = [
    '<%= config.bin %> migrate report --config-file sample.yml',
    '<%= config.bin %> migrate report --config-file sample.yml -o json',
  ];
  static override flags = {
    'config-file': Flags.string({
      char: 'c',
      description: 'configuration of the daemon that will take over: etcd, etcdPrefix, service',
      required: true,
    }),
    ...listFlags,
  };

  override async run(): Promise<void> {
    const {migrationReport} = await import('../../transfer/index.ts');
    const {servers, apps} = await migrationReport({configFile: this.flags['config-file']});
    await this.showList<OriginApp>({
      kind: 'MigrationReport',
      fields: {servers},
      items: apps,
      name: ({app}) => app,
      columns: [
        {header: 'APP', value: ({app}) => app},
        {header: 'GOVERNED BY', value: ({governedBy}) => governedBy || '-'},
        {header: 'SHARDS', value: ({shards}) => shards},
        {header: 'TO RENAME', value: ({toRename}) => toRename},
        {header: 'CONTAINERS', value: ({containers}) => containers},
        {header: 'RUNNING', value: ({running}) => running},
        {header: 'GUARD', value: ({guard}) => guard},
        {header: 'PROBLEMS', value: ({problems}) => problems.length},
      ],
      ...(apps.length === 0 ? {note: 'there is no app below the prefix'} : {}),
    });
    for (const server of servers) this.say(`a server of the Go project runs: ${server}`);
    for (const {app, problems} of apps) for (const text of problems) this.say(`${app}: ${text}`);
    if (apps.some(({problems}) => problems.length > 0)) this.leaveWith(10);
  }
}
