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

  /** Passes the outcome on. `registers`: this is a registration. No fence can follow it, so a store that does not answer is named, too. */
  async of(writing: Promise<TransactionOutcome>, registers = false): Promise<TransactionOutcome> {
    const outcome = await writing;
    if (outcome.kind === 'unknown') this.note(outcome.error, registers);
    return outcome;
  }

  /** Of a store that no longer answers the fence tells. */
  note(error: unknown, registers = false): void {
    if (!(error instanceof SmError)) return;
    const isAway = isTransportFault(error);
    if ((isAway && !registers) || !this.throttle.passes()) return;
    const {message: reason, hint: fix} = error;
    this.logger.warn(
      given({reason, fix}),
      isAway ? 'not registered yet' : 'etcd refuses what this process asks of it',
    );
  }
}
