import {Flags} from '@oclif/core';
import {appFlag, changeFlags, containerArg} from '../../cli/base-command.ts';
import {ChangeCommand} from '../../cli/change-command.ts';
import {confirmByName} from '../../cli/confirm.ts';

export default class ContainerEvict extends ChangeCommand<typeof ContainerEvict> {
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
  static override args = containerArg;
  static override flags = {
    app: appFlag,
    confirm: Flags.string({description: 'the id of the container, to skip the prompt'}),
    wait: Flags.boolean({
      description:
        'wait until the process is gone and no ownership record names it; another process may have its id by then',
    }),
    ...changeFlags,
  };

  override async run(): Promise<void> {
    const {app: service, confirm, wait} = this.flags;
    const {id} = this.args;
    const {dryRun} = this.change;
    if (!dryRun) await confirmByName(`evict container ${id}`, id, confirm);
    const answer = await this.client.call('evict', {service, container: id, ...this.change});
    const {shards, incarnation} = answer;
    // A supervisor may have started the next process with this id already.
    const goal = {
      ...({service, kind: 'container', id, for: 'gone'} as const),
      ...(incarnation === undefined ? {} : {incarnation}),
    };
    await this.showAfter(wait && !dryRun ? [goal] : [], () =>
      this.showOrder(id, 'evicted', answer, {shards}),
    );
  }
}
