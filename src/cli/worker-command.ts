/** What the commands that put a container into a worker group, or take it out, have in common. */
import {Args} from '@oclif/core';
import {SmCommand, appFlag, changeFlags} from './base-command.ts';
import {changeResult} from './changes.ts';

export abstract class WorkerCommand extends SmCommand<typeof WorkerCommand> {
  static override args = {
    group: Args.string({description: 'worker group', required: true}),
    container: Args.string({description: 'container id', required: true}),
  };
  static override flags = {app: appFlag, ...changeFlags};
  protected abstract readonly operation: 'addWorker' | 'delWorker';

  override async run(): Promise<void> {
    const {group, container} = this.args;
    const {app: service, reason, 'dry-run': dryRun} = this.flags;
    const membership = {service, workerGroup: group, worker: container, dryRun, reason};
    const answer = await this.client.call(this.operation, membership);
    await this.showObject(changeResult('Worker', `${group}/${container}`, answer, {}, dryRun));
  }
}
