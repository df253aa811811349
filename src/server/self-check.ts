/**
 * Whether this daemon can be called by the address that it advertises: it sends a hint to itself, as another daemon would. One that listens and
 * cannot be called governs nothing, for nobody can give it an app.
 */
import {uncalledFix} from '../model/contact.ts';
import type {Contact, ContactFault} from '../model/contact.ts';
import type {SelfProblem} from './admin/dependencies.ts';
import type {Clock, Timer} from '../runtime/clock.ts';
import type {Logger} from '../runtime/logger.ts';
import {SELF_CHECK_EVERY_MS, SELF_CHECK_FAILURES} from './contact/limits.ts';

export interface SelfCheckOptions {
  /** host:port that others call. */
  readonly address: string;
  readonly contact: () => Promise<Contact>;
  readonly clock: Pick<Clock, 'after' | 'wallMs'>;
  readonly logger: Logger;
}

export class SelfCheck {
  private readonly options: SelfCheckOptions;
  private timer: Timer | undefined;
  private stopped = false;
  private failures = 0;
  private everReached = false;
  private cause = '';
  private fault: ContactFault | undefined;
  private sinceMs = 0;

  constructor(options: SelfCheckOptions) {
    this.options = options;
  }

  start(): void {
    void this.look();
  }

  stop(): void {
    this.stopped = true;
    this.timer?.cancel();
  }

  /** Why it cannot be called, and since when; undefined while it can, and before the first look has ended. One lost call does not count. */
  get problem(): SelfProblem | undefined {
    if (this.failures < (this.everReached ? SELF_CHECK_FAILURES : 1)) return undefined;
    const since = new Date(this.sinceMs).toISOString();
    const text = `this daemon cannot be called at ${this.options.address}, the address that it advertises, since ${since}: ${this.cause}`;
    return {endpoint: this.options.address, text, fix: uncalledFix(this.fault)};
  }

  private async look(): Promise<void> {
    const contact = await this.options.contact();
    if (this.stopped) return;
    this.take(contact);
    this.timer = this.options.clock.after(SELF_CHECK_EVERY_MS, () => void this.look());
  }

  private take(contact: Contact): void {
    const {logger, clock} = this.options;
    const before = this.problem;
    if (contact.reached) {
      this.everReached = true;
      this.failures = 0;
      if (before !== undefined)
        logger.info({}, 'this daemon can be reached again at the address that it advertises');
      return;
    }
    if (this.failures === 0) this.sinceMs = clock.wallMs();
    this.failures += 1;
    const isNews = before === undefined || this.cause !== contact.cause;
    this.cause = contact.cause;
    this.fault = contact.fault;
    const {problem} = this;
    if (isNews && problem !== undefined) logger.error({fix: problem.fix}, problem.text);
  }
}
