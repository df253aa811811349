import {Flags} from '@oclif/core';
import {SmCommand, appFlag} from '../../cli/base-command.ts';
import {CONTAINER_COLUMNS, CONTAINER_STATES, byTrouble} from '../../cli/container-table.ts';
import {listFlags} from '../../cli/list-shape.ts';

export default class ContainerLs extends SmCommand<typeof ContainerLs> {
  static override summary = 'List the containers of an app, trouble first.';
  static override examples = [
    '<%= config.bin %> container ls -a orders',
    '<%= config.bin %> container ls -a orders -o wide',
  ];
  static override hiddenAliases = ['container:list', 'containers:ls', 'containers:list'];
  static override flags = {
    app: appFlag,
    state: Flags.string({
      description: 'only containers in this state',
      options: [...CONTAINER_STATES],
    }),
    ...listFlags,
  };

  override async run(): Promise<void> {
    const {app, state} = this.flags;
    const {containers, revision} = await this.client.call('getContainers', {service: app});
    const items = containers
      .filter((container) => state === undefined || container.state === state)
      .toSorted(byTrouble);
    await this.showList({
      kind: 'ContainerList',
      fields: {revision},
      items,
      name: ({id}) => id,
      columns: CONTAINER_COLUMNS,
      ...(items.length === 0
        ? {note: `no container: start one with sm container run -a ${app}`}
        : {}),
    });
  }
}
