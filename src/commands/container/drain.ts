import {Flags} from '@oclif/core';
import {appFlag, changeFlags, containerArg} from '../../cli/base-command.ts';
import {ChangeCommand} from '../../cli/change-command.ts';
import {counted} from '../../model/counted.ts';

export default class ContainerDrain extends ChangeCommand<typeof ContainerDrain> {
  static override summary = 'Move every shard away from a container and wait until it is empty.';
  static override description =
    'The drain ends when the current process of the container ends, unless --keep is given; without a process nothing is drained. Ctrl-C stops the waiting, not the drain.';
  static override examples = [
    '<%= config.bin %> container drain -a orders orders-2',
    '<%= config.bin %> container drain -a orders orders-2 --no-wait --reason upgrade',
  ];
  static override hiddenAliases = ['containers:drain'];
  static override args = containerArg;
  static override flags = {
    app: appFlag,
    keep: Flags.boolean({description: 'also drain later processes with this id, until uncordon'}),
    'max-moving': Flags.integer({
      description:
        'maximum number of shards that leave at once, in addition to the limit of the app; 0: only that limit',
      default: 0,
      min: 0,
    }),
    wait: Flags.boolean({
      description: 'wait until the container has no shard left; --no-wait: return at once',
      default: true,
      allowNo: true,
    }),
    ...changeFlags,
  };

  override async run(): Promise<void> {
    const {app: service, keep, wait, 'max-moving': maxMoving} = this.flags;
    const {id} = this.args;
    const request = {service, container: id, maxMoving, keep, ...this.change};
    const answer = await this.client.call('drain', request);
    if (answer.warning !== undefined) this.say(answer.warning);
    const waits = wait && !this.change.dryRun;
    const goal = {service, kind: 'container', id, for: 'drained'} as const;
    await this.showAfter(waits ? [goal] : [], (met) => {
      const drained = waits && met !== undefined;
      const fields = {order: 'drain', shards: answer.shards, drained, waitedMs: met ?? 0};
      return this.showOrder(id, this.word(answer.shards, drained), answer, fields);
    });
  }

  private word(shards: number, drained: boolean): string {
    if (this.change.dryRun) return `would drain, ${counted(shards, 'shard')} to move`;
    return drained
      ? `drained, ${counted(shards, 'shard')} moved`
      : `draining, ${counted(shards, 'shard')} to move`;
  }
}
