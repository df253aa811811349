/**
 * Governs one app for as long as this daemon governs. One that cannot read its app is raised as an alarm. A governor that breaks (an invariant does not hold) stops: better
 * no moves than wrong ones. It is raised as an alarm and begun anew from a fresh listing, each time after a longer pause.
 */
import {backOff} from '../../model/back-off.ts';
import {counted} from '../../model/counted.ts';
import {failureText} from '../../model/failure-text.ts';
import type {Timer} from '../../runtime/clock.ts';
import {raiseAlarm} from './broken-alarm.ts';
import {GovernorShell} from './governor-shell.ts';
import type {GovernorShellOptions} from './governor-shell.ts';
import {
  RESTART_MAX_MS,
  RESTART_MIN_MS,
  TAKE_OVER_RETRY_MAX_MS,
  TAKE_OVER_RETRY_MIN_MS,
  UNREAD_LIMIT_MS,
  WELL_AFTER_MS,
} from './limits.ts';
import {renameShards, takeOver} from './take-over.ts';

const SOURCE = 'restart';

export type GovernorRunOptions = Omit<GovernorShellOptions, 'onBroken' | 'onUnread'> & {
  /** What another shard manager has left of the app is looked for first. */
  readonly takesOver: boolean;
};

export class GovernorRun {
  /** Times that it has broken, ever. */
  breaks = 0;
  private readonly options: GovernorRunOptions;
  /** Undefined while the app has no governor: it is taken over first, or its governor has broken. */
  shell: GovernorShell | undefined;
  private timer: Timer | undefined;
  private inARow = 0;
  private stopped = false;
  private begunAtMs = 0;
  /** It has not been able to read the app for so long that somebody has to look. */
  private isUnread = false;

  constructor(options: GovernorRunOptions) {
    this.options = options;
  }

  start(): void {
    const {takesOver, failureDetector, clock} = this.options;
    this.begunAtMs = clock.nowMs();
    if (!takesOver) return this.begin(failureDetector);
    void this.takenOver().then(() => {
      if (!this.stopped) this.begin(failureDetector);
    });
  }

  stop(): void {
    this.stopped = true;
    this.timer?.cancel();
    this.shell?.stop();
  }

  /** It has broken, and has not gone on long enough since to be trusted; or it cannot read the app. */
  get broken(): boolean {
    const isListed = this.shell?.governor.listings.isComplete === true;
    return this.inARow > 0 || (this.isUnread && !isListed);
  }

  /** Whatever another shard manager has left is made ours first; it is tried until it is done, since nothing else may act before. */
  private async takenOver(): Promise<void> {
    const {app, keys, push, clock, logger} = this.options;
    for (let failures = 1; !this.stopped; failures += 1) {
      try {
        // Its shards are apps, whose names have no percent sign.
        if (app === keys.service) await renameShards(this.options, 'here');
        else if (push !== undefined) await takeOver({...this.options, ttlMs: push.ttlMs});
        return;
      } catch (error) {
        logger.warn({app, error: String(error)}, 'the app cannot be taken over yet: trying again');
        this.unread(error);
        const [minMs, maxMs] = [TAKE_OVER_RETRY_MIN_MS, TAKE_OVER_RETRY_MAX_MS];
        await clock.sleep(backOff(failures, minMs, maxMs, Math.random()));
      }
    }
  }

  private begin(failureDetector: GovernorShellOptions['failureDetector']): void {
    const shell: GovernorShell = new GovernorShell({
      ...this.options,
      failureDetector,
      onBroken: (error) => this.broke(shell, error),
      onUnread: (error) => {
        if (this.shell === shell) this.unread(error);
      },
    });
    this.shell = shell;
    this.begunAtMs = this.options.clock.nowMs();
    this.isUnread = false;
    shell.start();
  }

  /** It is tried again and again. The last summary stands meanwhile, and may say that all is well. */
  private unread(error: unknown): void {
    const {clock} = this.options;
    if (this.stopped || clock.nowMs() - this.begunAtMs < UNREAD_LIMIT_MS) return;
    this.isUnread = true;
    this.raise(
      `the governor cannot read the app, so nothing moves and nobody is evicted: ${failureText(error)}`,
    );
  }

  /** Into the last summary: the governor writes none. */
  private raise(text: string): void {
    const {app, logger} = this.options;
    const isWanted = (): boolean =>
      !this.stopped && this.shell?.governor.listings.isComplete !== true;
    void raiseAlarm(this.options, {code: 'GOVERNOR_BROKEN', text}, isWanted).catch(
      (failure: unknown) =>
        logger.warn({app, error: String(failure)}, 'alarm could not be written'),
    );
  }

  private broke(shell: GovernorShell, error: unknown): void {
    if (this.stopped || this.shell !== shell) return;
    const {app, clock, logger} = this.options;
    this.shell = undefined;
    this.timer?.cancel();
    this.breaks += 1;
    this.inARow += 1;
    const pauseMs = backOff(this.inARow, RESTART_MIN_MS, RESTART_MAX_MS);
    const stack = error instanceof Error ? error.stack : String(error);
    logger.error(
      {app, code: 'GOVERNOR_BROKEN', error: stack, inARow: this.inARow, restartInMs: pauseMs},
      'governor stopped by a broken invariant: no shard of the app moves until it restarts',
    );
    const said = (now: string): string =>
      `the governor has stopped itself ${counted(this.inARow, 'time')}, ${now}: ${failureText(error)}`;
    this.raise(said('nothing moves meanwhile'));
    this.timer = clock.after(pauseMs, () => this.again(said('and has begun anew')));
  }

  /** From a fresh listing, and all waits begin anew: nothing of what the broken one knew is trusted. */
  private again(text: string): void {
    if (this.stopped) return;
    this.begin(undefined);
    this.shell?.governor.noteAlarms(SOURCE, [{code: 'GOVERNOR_BROKEN', text}]);
    this.timer = this.options.clock.after(WELL_AFTER_MS, () => this.well());
  }

  private well(): void {
    this.inARow = 0;
    this.shell?.governor.noteAlarms(SOURCE, []);
  }
}
