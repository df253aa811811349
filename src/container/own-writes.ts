/** How the process's own writes fare: each heartbeat is one. Times come in from outside. */
import {isTransportFault} from '../etcd/foreign-errors.ts';
import {SmError} from '../model/errors.ts';
import {ACCEPT_FIX, doubtText} from '../model/store-doubt.ts';
import type {StoreDoubt} from '../model/store-doubt.ts';
import {COMMITTING} from '../model/store-writes.ts';
import type {StoreWrites} from '../model/store-writes.ts';

export class OwnWrites {
  /** When one committed last, Unix time in ms; 0: none yet. */
  lastMs = 0;
  /** What the store itself answered last, since a write committed. */
  private refusal: SmError | undefined;
  /** The last try found nobody, or nobody in time. */
  private transportFault: SmError | undefined;

  /** The store is not believed: nothing is written until somebody accepts it and a write commits. */
  private isDoubted = false;

  committed(wallMs: number): void {
    this.isDoubted = false;
    this.refusal = undefined;
    this.transportFault = undefined;
    this.lastMs = wallMs;
  }

  /** Whatever kept writes from committing before is over: the store has answered, and is not believed. */
  doubted(doubt: StoreDoubt): void {
    this.isDoubted = true;
    const text = `${doubtText(doubt)}: nothing is written until that is accepted`;
    this.refusal = new SmError('STORE_RESTORED', text, {hint: ACCEPT_FIX});
    this.transportFault = undefined;
  }

  failed(error: SmError): void {
    if (isTransportFault(error)) this.transportFault = error;
    else [this.refusal, this.transportFault] = [error, undefined];
  }

  /** `withinT`: a write committed within T, by the clock that ends the right to act. */
  state(withinT: boolean): StoreWrites {
    if (withinT && !this.isDoubted) return COMMITTING;
    const {refusal, transportFault} = this;
    const reason = [refusal, transportFault]
      .flatMap((fault) => fault?.message ?? [])
      .join('; now ');
    // A store that is out of space is often slow, too: the way out is that of what it said.
    return {
      ...{kind: 'none', sinceMs: this.lastMs, reason},
      fix: refusal?.hint ?? transportFault?.hint ?? '',
    };
  }
}
