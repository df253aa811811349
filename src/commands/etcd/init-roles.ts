import {Flags} from '@oclif/core';
import {SmCommand} from '../../cli/base-command.ts';
import {locationFlags, locationOf} from '../../cli/store-location-flags.ts';

export default class EtcdInitRoles extends SmCommand<typeof EtcdInitRoles> {
  static override summary =
    'Create the etcd roles that the daemons and the containers of an app need.';
  static override description = [
    'One role for the daemons, one that only reads (sm audit, sm store export), and one for the containers of each app named by --app: the role of an app lets its containers write their own heartbeats and records, and read the specs of their app.',
    'Roles that exist are left as they are, so the command can be repeated. Then grant each user its role, for example: etcdctl user add orders; etcdctl user grant-role orders sm-app-orders.',
  ].join('\n');
  static override examples = [
    '<%= config.bin %> etcd init-roles --config-file sample.yml --app orders --print',
    '<%= config.bin %> etcd init-roles --config-file sample.yml --app orders --app search --username root --password-file root.txt',
  ];
  static override flags = {
    app: Flags.string({
      char: 'a',
      description: 'app whose containers get a role; may be given several times',
      multiple: true,
    }),
    print: Flags.boolean({
      description: 'only print the commands for etcdctl, without contacting etcd',
    }),
    service: Flags.string({
      description: 'service of the daemons; default: the service in the configuration',
    }),
    username: Flags.string({
      description: 'etcd user with the role root; default: the user in the configuration',
    }),
    'password-file': Flags.string({
      description: 'file with the password of that user',
      dependsOn: ['username'],
    }),
    endpoints: Flags.string({description: 'etcd endpoints, comma-separated'}),
    'config-file': Flags.string({
      char: 'c',
      description: 'configuration of a daemon: its endpoints, etcdPrefix, service and TLS',
    }),
    'etcd-prefix': locationFlags['etcd-prefix'],
  };

  override async run(): Promise<void> {
    const {initRoles, plannedRoles} = await import('../../transfer/index.ts');
    const {app: apps = [], print, service, username, 'password-file': passwordFile} = this.flags;
    const options = {...locationOf(this.flags), apps, service, username, passwordFile};
    const {roles, commands, applied} = print
      ? {...plannedRoles(options), applied: []}
      : await initRoles(options);
    await this.showObject({
      kind: 'EtcdRoles',
      fields: {
        roles,
        commands,
        applied,
        changed: applied.some(({result}) => result !== 'unchanged'),
      },
      name: roles.map(({name}) => name).join('\n'),
      lines: print
        ? commands
        : applied.map(({name, result}, at) => `role ${name} ${result} (${roles[at]?.purpose})`),
    });
  }
}
