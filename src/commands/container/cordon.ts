import {Args} from '@oclif/core';
import {SmCommand, appFlag, changeFlags} from '../../cli/base-command.ts';
import {orderResult} from '../../cli/changes.ts';

export default class ContainerCordon extends SmCommand<typeof ContainerCordon> {
  static override summary = 'Give a container no new shards; it keeps those it has.';
  static override examples = [
    '<%= config.bin %> container cordon -a orders orders-2 --reason "disk swap"',
  ];
  static override hiddenAliases = ['containers:cordon'];
  static override args = {id: Args.string({description: 'container id', required: true})};
  static override flags = {
    app: appFlag,
    ...changeFlags,
  };

  override async run(): Promise<void> {
    const {app, reason} = this.flags;
    const dryRun = this.flags['dry-run'];
    const answer = await this.client.call('cordon', {
      service: app,
      container: this.args.id,
      reason,
      dryRun,
    });
    await this.showObject(
      orderResult(
        this.args.id,
        'cordoned',
        answer,
        {order: 'cordon', shards: answer.shards},
        dryRun,
      ),
    );
  }
}
