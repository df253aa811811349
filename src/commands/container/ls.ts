import {Flags} from '@oclif/core';
import {appFlag} from '../../cli/base-command.ts';
import {byTrouble, containerColumns} from '../../cli/container-table.ts';
import {listFlags} from '../../cli/list-shape.ts';
import {LiveCommand, watchFlags} from '../../cli/live/live-command.ts';
import {CONTAINER_STATES} from '../../model/trouble.ts';

export default class ContainerLs extends LiveCommand<typeof ContainerLs> {
  static override summary = 'List the containers of an app, trouble first.';
  static override examples = [
    '<%= config.bin %> container ls -a orders',
    '<%= config.bin %> container ls -a orders -o wide',
    '<%= config.bin %> container ls -a orders --watch',
  ];
  static override hiddenAliases = ['container:list', 'containers:ls', 'containers:list'];
  static override flags = {
    app: appFlag,
    state: Flags.string({
      description: 'only containers in this state',
      options: [...CONTAINER_STATES],
    }),
    ...listFlags,
    ...watchFlags('sort-by', 'limit'),
  };

  override async run(): Promise<void> {
    const {app, state} = this.flags;
    if (this.flags.watch)
      return this.watch({
        view: 'containers',
        command: 'sm container ls --watch',
        service: app,
        filter: state,
        only: (row) => state === undefined || ('state' in row && row.state === state),
        for: this.flags.for,
      });
    const {containers, revision} = await this.client.call('getContainers', {service: app});
    const items = containers
      .filter((container) => state === undefined || container.state === state)
      .toSorted(byTrouble);
    const none =
      containers.length === 0
        ? `no container: start one with sm container run -a ${app}`
        : `no container is ${state}`;
    await this.showList({
      kind: 'ContainerList',
      fields: {revision},
      items,
      name: ({id}) => id,
      columns: containerColumns(items),
      ...(items.length === 0 ? {note: none} : {}),
    });
  }
}
