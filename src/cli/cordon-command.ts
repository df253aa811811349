/** What the commands that close a container to new shards, and open it again, have in common. */
import {appFlag, changeFlags, containerArg} from './base-command.ts';
import {ChangeCommand} from './change-command.ts';

export abstract class CordonCommand extends ChangeCommand<typeof CordonCommand> {
  static override args = containerArg;
  static override flags = {app: appFlag, ...changeFlags};
  protected abstract readonly order: 'cordon' | 'uncordon';

  override async run(): Promise<void> {
    const {id: container} = this.args;
    const request = {service: this.flags.app, container, ...this.change};
    const answer = await this.client.call(this.order, request);
    const fields = {order: this.order, shards: answer.shards};
    await this.showOrder(container, `${this.order}ed`, answer, fields);
  }
}
