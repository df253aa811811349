import {unplacedFlags} from '../../cli/change-command.ts';
import {WorkerCommand} from '../../cli/worker-command.ts';
import type {Membership} from '../../cli/worker-command.ts';

export default class WorkerRm extends WorkerCommand {
  static override summary = 'Take a container out of a worker group.';
  static override description =
    'Shards of the group that run there move to other members. Where none can take them they run nowhere: sm asks first.';
  static override examples = ['<%= config.bin %> worker rm -a orders gpu orders-3'];
  static override hiddenAliases = ['worker:delete', 'workers:rm'];
  static override flags = {
    ...WorkerCommand.flags,
    ...unplacedFlags('the worker group'),
  };
  protected readonly operation = 'delWorker';

  protected override beforeChange(membership: Membership): Promise<void> {
    const {worker, workerGroup} = membership;
    const what = `take ${worker} out of worker group ${workerGroup}`;
    return this.confirmUnplaced(what, workerGroup, () =>
      this.client.call('delWorker', {...membership, dryRun: true}),
    );
  }
}
