import {Args} from '@oclif/core';
import {SmCommand, appFlag, changeFlags} from '../../cli/base-command.ts';
import {orderResult} from '../../cli/changes.ts';

export default class ContainerUncordon extends SmCommand<typeof ContainerUncordon> {
  static override summary = 'Undo a cordon or drain.';
  static override examples = [
    '<%= config.bin %> container uncordon -a orders orders-2 --reason "disk swap"',
  ];
  static override hiddenAliases = ['containers:uncordon'];
  static override args = {id: Args.string({description: 'container id', required: true})};
  static override flags = {
    app: appFlag,
    ...changeFlags,
  };

  override async run(): Promise<void> {
    const {app, reason} = this.flags;
    const dryRun = this.flags['dry-run'];
    const answer = await this.client.call('uncordon', {
      service: app,
      container: this.args.id,
      reason,
      dryRun,
    });
    await this.showObject(
      orderResult(
        this.args.id,
        'uncordoned',
        answer,
        {order: 'uncordon', shards: answer.shards},
        dryRun,
      ),
    );
  }
}
