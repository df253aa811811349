/**
 * New certificates and passwords in place of old ones, in daemons and containers alike. What is refused leaves the old ones in use and is
 * tried again: a new password is often in its file before etcd has it.
 */
import type {Clock, Timer} from './clock.ts';
import {RENEWAL_RETRY_MS} from './limits.ts';
import {messageOf} from '../model/failure-text.ts';

export interface RenewalOptions {
  /** Looks whether there is something new, and takes it. A rejection: it was refused. */
  readonly look: () => Promise<void>;
  /** Between two looks, ms; undefined: it looks only when `run` is called. */
  readonly lookMs?: number;
  /** Each reason comes once, until something was taken. */
  readonly onRefused: (error: unknown, text: string) => void;
  readonly clock: Pick<Clock, 'after'>;
}

export class Renewal {
  closed = false;
  private readonly options: RenewalOptions;
  private running: Promise<void> = Promise.resolve();
  private timer: Timer | undefined;
  private refused: string | undefined;

  constructor(options: RenewalOptions) {
    this.options = options;
  }

  /** Looks now; one look at a time. */
  run(): void {
    this.running = this.running.then(() => this.attempt());
  }

  /** Looks when it is time. */
  wait(): void {
    const {clock, lookMs} = this.options;
    const delayMs = this.refused === undefined ? lookMs : RENEWAL_RETRY_MS;
    this.timer?.cancel();
    if (!this.closed && delayMs !== undefined) this.timer = clock.after(delayMs, () => this.run());
  }

  close(): void {
    this.closed = true;
    this.timer?.cancel();
  }

  private async attempt(): Promise<void> {
    const {look, onRefused} = this.options;
    try {
      await look();
      this.refused = undefined;
    } catch (error) {
      const text = messageOf(error);
      // How long an answer was waited for differs each time.
      const reason = text.replaceAll(/\d+(\.\d+)?/g, '');
      if (reason !== this.refused) onRefused(error, text);
      this.refused = reason;
    }
    this.wait();
  }
}
