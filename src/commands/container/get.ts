import {SmCommand, appFlag, containerArg} from '../../cli/base-command.ts';
import {containerLines} from '../../cli/container-table.ts';
import {containerNotFound} from '../../model/not-found.ts';

export default class ContainerGet extends SmCommand<typeof ContainerGet> {
  static override summary = 'Show one container.';
  static override examples = ['<%= config.bin %> container get -a orders orders-1'];
  static override hiddenAliases = ['containers:get'];
  static override args = containerArg;
  static override flags = {app: appFlag};

  override async run(): Promise<void> {
    const {app} = this.flags;
    const {containers, revision} = await this.client.call('getContainers', {service: app});
    const container = containers.find(({id}) => id === this.args.id);
    if (container === undefined) throw containerNotFound(app, this.args.id);
    await this.showObject({
      kind: 'Container',
      fields: {...container, revision},
      name: container.id,
      lines: containerLines(container),
    });
  }
}
