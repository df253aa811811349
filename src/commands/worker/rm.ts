import {Args} from '@oclif/core';
import {SmCommand, appFlag, changeFlags} from '../../cli/base-command.ts';
import {changeResult} from '../../cli/changes.ts';

export default class WorkerRm extends SmCommand<typeof WorkerRm> {
  static override summary = 'Take a container out of a worker group.';
  static override examples = ['<%= config.bin %> worker rm -a orders gpu orders-3'];
  static override hiddenAliases = ['worker:delete', 'workers:rm'];
  static override args = {
    group: Args.string({description: 'worker group', required: true}),
    container: Args.string({description: 'container id', required: true}),
  };
  static override flags = {app: appFlag, ...changeFlags};

  override async run(): Promise<void> {
    const {group, container} = this.args;
    const dryRun = this.flags['dry-run'];
    const answer = await this.client.call('delWorker', {
      service: this.flags.app,
      workerGroup: group,
      worker: container,
      dryRun,
      reason: this.flags.reason,
    });
    await this.showObject(changeResult('Worker', `${group}/${container}`, answer, {}, dryRun));
  }
}
