import {hostname} from 'node:os';
import {Args, Flags} from '@oclif/core';
import {appFlag, changeFlags, parseDuration} from '../../cli/base-command.ts';
import {ChangeCommand} from '../../cli/change-command.ts';
import {interruptible} from '../../cli/interrupt.ts';
import {CALL_LIMIT_MS, LOOK_MS, WAIT_DEFAULT_MS} from '../../cli/limits.ts';
import {Progress} from '../../cli/progress.ts';
import {isRetryable} from '../../cli/retryable.ts';
import {unlessSilent} from '../../cli/call-limit.ts';
import {objectionsLine, stopLines} from '../../cli/stop-lines.ts';
import {SmError} from '../../model/errors.ts';
import {failureText} from '../../model/failure-text.ts';
import type {CanStopAnswer} from '../../protocol/admin.ts';
import {pause} from '../../runtime/pause.ts';

export default class ContainerCanStop extends ChangeCommand<typeof ContainerCanStop> {
  static override summary =
    'Say whether containers may be stopped now: exit code 0 means yes, 10 means no.';
  static override description = [
    'A yes is a permission for one holder, for a limited time. Later requests by other holders count these containers as unavailable, so that two deploys together do not stop too many.',
    'The permission ends when its time is over, when it is given back, or when the container has come back as another process. It is granted for all named containers, or for none.',
  ].join('\n');
  static override examples = [
    '<%= config.bin %> container can-stop -a orders orders-2',
    '<%= config.bin %> container can-stop -a orders orders-2 --holder deploy-42 --for 10m --wait',
    '<%= config.bin %> container can-stop -a orders orders-2 --holder deploy-42 --release',
  ];
  static override hiddenAliases = ['containers:can-stop'];
  static override strict = false;
  static override usage = 'container can-stop -a APP ID...';
  static override args = {id: Args.string({description: 'container ids', required: true})};
  static override flags = {
    app: appFlag,
    holder: Flags.string({
      description:
        'name of the one who stops them; use the same name to renew the permission or give it back; default: the host name',
    }),
    for: Flags.string({description: 'how long the permission lasts', default: '5m'}),
    'max-unserved': Flags.integer({
      description: 'number of shards that are accepted to be without service or without a place',
      default: 0,
      min: 0,
    }),
    release: Flags.boolean({description: 'give the permission back'}),
    wait: Flags.boolean({
      description: 'ask again until the answer is yes',
      exclusive: ['release', 'dry-run'],
    }),
    ...changeFlags,
  };

  override async run(): Promise<void> {
    if (this.flags.release) return this.release();
    const answer = this.flags.wait ? await this.askUntilYes() : await this.ask();
    await this.showObject({
      kind: 'StopPermission',
      fields: {containers: this.words, dryRun: this.change.dryRun, ...answer},
      name: this.words.join(' '),
      lines: stopLines(this.words, answer),
    });
    if (!answer.allowed) this.leaveWith(10);
  }

  private get holder(): string {
    return this.flags.holder ?? hostname();
  }

  private ask(signal?: AbortSignal): Promise<CanStopAnswer> {
    const {app: service, 'max-unserved': maxUnserved} = this.flags;
    const containers = [...this.words];
    const leaseMs = parseDuration(this.flags.for);
    const who = {containers, holder: this.holder, leaseMs};
    return this.client.call('canStop', {service, ...who, maxUnserved, ...this.change}, signal);
  }

  private async askUntilYes(): Promise<CanStopAnswer> {
    const limitMs = this.timeoutMs ?? WAIT_DEFAULT_MS;
    const progress = new Progress();
    const asking = async (signal: AbortSignal): Promise<CanStopAnswer> => {
      const startedMs = performance.now();
      for (;;) {
        const answer = await this.askOnce(signal);
        if (typeof answer !== 'string' && answer.allowed) return answer;
        const why = typeof answer === 'string' ? answer : objectionsLine(answer);
        progress.update({text: `waiting: ${why}`});
        if (performance.now() - startedMs >= limitMs) throw tookTooLong(limitMs, why);
        await pause(LOOK_MS, signal);
      }
    };
    const given = `--holder ${this.holder} --release`;
    const goOn = `ask again, or give back what was permitted at the last moment: sm container can-stop -a ${this.flags.app} ${this.words.join(' ')} ${given}`;
    try {
      return await interruptible(
        asking,
        goOn,
        'stopped asking; a yes on its way counts all the same',
      );
    } finally {
      progress.stop();
    }
  }

  /** Why there is no answer, where asking again may bring one: a yes that was lost on its way is given again. */
  private async askOnce(signal: AbortSignal): Promise<CanStopAnswer | string> {
    try {
      return await unlessSilent((ended) => this.ask(ended), CALL_LIMIT_MS, signal);
    } catch (error) {
      if (signal.aborted || !isRetryable(error)) throw error;
      return failureText(error);
    }
  }

  private async release(): Promise<void> {
    const {dryRun} = this.change;
    const containers = [...this.words];
    const {holder} = this;
    const request = {service: this.flags.app, containers, holder, ...this.change};
    const answer = await this.client.call('releaseStop', request);
    const given = answer.released.map(({container}) => container);
    await this.showObject({
      kind: 'StopRelease',
      fields: {containers, holder, dryRun, ...answer},
      name: containers.join(' '),
      lines: [
        given.length === 0
          ? `${holder} had no permission for ${containers.join(', ')}`
          : `${holder} gave back its permission for ${given.join(', ')}${dryRun ? ' (dry run)' : ''}`,
      ],
    });
  }
}

function tookTooLong(limitMs: number, why: string): SmError {
  return new SmError('TIMEOUT', `no permission after ${limitMs / 1_000} s; reason: ${why}`, {
    hint: 'no container may be stopped: ask again, with a longer --timeout',
    retryable: true,
  });
}
