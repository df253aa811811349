import {Args, Flags} from '@oclif/core';
import {SmCommand, appFlag} from '../../cli/base-command.ts';
import {changeResult} from '../../cli/changes.ts';

export default class ContainerCordon extends SmCommand<typeof ContainerCordon> {
  static override summary = 'Give a container nothing new; it keeps what it has.';
  static override examples = [
    '<%= config.bin %> container cordon -a orders orders-2 --reason "disk swap"',
  ];
  static override hiddenAliases = ['containers:cordon'];
  static override args = {id: Args.string({description: 'container id', required: true})};
  static override flags = {
    app: appFlag,
    reason: Flags.string({description: 'why; kept with the order', default: ''}),
    'dry-run': Flags.boolean({description: 'only check'}),
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
      changeResult(
        'Container',
        this.args.id,
        answer,
        {order: 'cordon', shards: answer.shards},
        dryRun,
      ),
    );
  }
}
