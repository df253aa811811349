import {SmCommand, appFlag} from '../../cli/base-command.ts';
import {listFlags} from '../../cli/list-shape.ts';

export default class WorkerLs extends SmCommand<typeof WorkerLs> {
  static override summary = 'List worker groups and their containers.';
  static override examples = ['<%= config.bin %> worker ls -a orders'];
  static override hiddenAliases = ['worker:list', 'workers:ls'];
  static override flags = {app: appFlag, ...listFlags};

  override async run(): Promise<void> {
    const {workers} = await this.client.call('getWorker', {service: this.flags.app});
    const items = Object.entries(workers).map(([workerGroup, containers]) => ({
      workerGroup,
      containers,
    }));
    await this.showList({
      kind: 'WorkerGroupList',
      items,
      name: ({workerGroup}) => workerGroup,
      columns: [
        {header: 'WORKER GROUP', value: ({workerGroup}) => workerGroup},
        {header: 'CONTAINERS', value: ({containers}) => containers.join(', ')},
      ],
      ...(items.length === 0 ? {note: 'no worker group'} : {}),
    });
  }
}
