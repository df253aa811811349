import {WorkerCommand} from '../../cli/worker-command.ts';

export default class WorkerAdd extends WorkerCommand {
  static override summary = 'Put a container into a worker group.';
  static override examples = ['<%= config.bin %> worker add -a orders gpu orders-3'];
  static override hiddenAliases = ['workers:add'];
  protected readonly operation = 'addWorker';
}
