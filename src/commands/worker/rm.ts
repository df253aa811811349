import {WorkerCommand} from '../../cli/worker-command.ts';

export default class WorkerRm extends WorkerCommand {
  static override summary = 'Take a container out of a worker group.';
  static override examples = ['<%= config.bin %> worker rm -a orders gpu orders-3'];
  static override hiddenAliases = ['worker:delete', 'workers:rm'];
  protected readonly operation = 'delWorker';
}
