/** What the commands that close a container to new shards, and open it again, have in common. */
import {Args} from '@oclif/core';
import {SmCommand, appFlag, changeFlags} from './base-command.ts';
import {orderResult} from './changes.ts';

export abstract class CordonCommand extends SmCommand<typeof CordonCommand> {
  static override args = {id: Args.string({description: 'container id', required: true})};
  static override flags = {app: appFlag, ...changeFlags};
  protected abstract readonly order: 'cordon' | 'uncordon';

  override async run(): Promise<void> {
    const {id: container} = this.args;
    const {app: service, reason, 'dry-run': dryRun} = this.flags;
    const answer = await this.client.call(this.order, {service, container, reason, dryRun});
    const fields = {order: this.order, shards: answer.shards};
    await this.showObject(orderResult(container, `${this.order}ed`, answer, fields, dryRun));
  }
}
