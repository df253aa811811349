import {Args, Flags} from '@oclif/core';
import {SmCommand, appFlag, changeFlags} from '../../cli/base-command.ts';
import {orderResult} from '../../cli/changes.ts';
import {confirmByName} from '../../cli/confirm.ts';

export default class ContainerEvict extends SmCommand<typeof ContainerEvict> {
  static override summary = 'Revoke the right to act of a container, now.';
  static override description = [
    'Its next heartbeat fails: it stops all its shards, gives them back and leaves. A container that does not respond is removed once its right to act has certainly expired.',
    'To empty a container gracefully, use container drain.',
  ].join('\n');
  static override examples = [
    '<%= config.bin %> container evict -a orders orders-2 --confirm orders-2 --reason "runs wild"',
    '<%= config.bin %> container evict -a orders orders-2 --confirm orders-2 --wait',
  ];
  static override hiddenAliases = ['containers:evict'];
  static override args = {id: Args.string({description: 'container id', required: true})};
  static override flags = {
    app: appFlag,
    confirm: Flags.string({description: 'the id of the container, to skip the prompt'}),
    wait: Flags.boolean({description: 'wait until no ownership record names the container'}),
    ...changeFlags,
  };

  override async run(): Promise<void> {
    const {app, reason, confirm, wait, 'dry-run': dryRun} = this.flags;
    const {id} = this.args;
    if (!dryRun) await confirmByName(`evict container ${id}`, id, confirm);
    const answer = await this.client.call('evict', {service: app, container: id, reason, dryRun});
    const goal = {service: app, kind: 'container', id, for: 'gone'} as const;
    await this.showAfter(wait && !dryRun ? [goal] : [], () =>
      this.showObject(orderResult(id, 'evicted', answer, {shards: answer.shards}, dryRun)),
    );
  }
}
