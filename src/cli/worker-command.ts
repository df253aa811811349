/** What the commands that put a container into a worker group, or take it out, have in common. */
import {Args} from '@oclif/core';
import {appFlag, changeFlags} from './base-command.ts';
import {ChangeCommand} from './change-command.ts';
import type {AdminInput} from '../protocol/admin.ts';

/** What is asked of the daemon. */
export type Membership = AdminInput<'addWorker'> & {
  readonly workerGroup: string;
  readonly worker: string;
};

export abstract class WorkerCommand extends ChangeCommand<typeof WorkerCommand> {
  static override args = {
    group: Args.string({description: 'worker group', required: true}),
    container: Args.string({description: 'container id', required: true}),
  };
  static override flags = {app: appFlag, ...changeFlags};
  protected abstract readonly operation: 'addWorker' | 'delWorker';

  /** May refuse the change. */
  protected beforeChange(_membership: Membership): Promise<void> {
    return Promise.resolve();
  }

  override async run(): Promise<void> {
    const {group, container} = this.args;
    const {app: service} = this.flags;
    const membership = {service, workerGroup: group, worker: container, ...this.change};
    await this.beforeChange(membership);
    const answer = await this.client.call(this.operation, membership);
    await this.showChange('Worker', `${group}/${container}`, answer);
    await this.warnOfEmptyGroup(service, group);
  }
}
