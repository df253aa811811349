/** What the store refuses a container, once in a while: it gets no shards for that, and nothing else would say so where it never had the right to act. */
import {isTransportFault} from '../etcd/foreign-errors.ts';
import {SmError} from '../model/errors.ts';
import {given} from '../model/said.ts';
import type {Clock} from '../runtime/clock.ts';
import type {Logger} from '../runtime/log-port.ts';
import {Throttle} from '../runtime/throttle.ts';
import type {TransactionOutcome} from '../store/port.ts';
import {FAULT_SAID_EVERY_MS} from './limits.ts';

export class StoreFaults {
  private readonly logger: Pick<Logger, 'warn'>;
  private readonly throttle: Throttle;

  constructor(logger: Pick<Logger, 'warn'>, clock: Pick<Clock, 'nowMs'>) {
    this.logger = logger;
    this.throttle = new Throttle(FAULT_SAID_EVERY_MS, () => clock.nowMs());
  }

  /** Passes the outcome on. */
  async of(writing: Promise<TransactionOutcome>): Promise<TransactionOutcome> {
    const outcome = await writing;
    if (outcome.kind === 'unknown') this.note(outcome.error);
    return outcome;
  }

  /** Of a store that does not answer the fence tells. */
  note(error: unknown): void {
    if (!(error instanceof SmError) || isTransportFault(error) || !this.throttle.passes()) return;
    const {message: reason, hint: fix} = error;
    this.logger.warn(given({reason, fix}), 'etcd refuses what this process asks of it');
  }
}
