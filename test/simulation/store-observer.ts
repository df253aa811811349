/** Who looks on while the simulated store applies transactions. */
import type {Transaction, TransactionOutcome} from '../../src/store/port.ts';
import type {SimProcess} from './process.ts';

/** The store has answered. */
export type Settled = Exclude<TransactionOutcome, {kind: 'unknown'}>;

export interface StoreObserver {
  /** Right before a transaction is applied: `commits` tells what it will come to. `process` undefined: an operator. */
  applying(process: SimProcess | undefined, transaction: Transaction, commits: boolean): void;
  applied(process: SimProcess | undefined, transaction: Transaction, outcome: Settled): void;
}
