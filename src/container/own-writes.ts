/** How the process's own writes fare: each heartbeat is one. Times come in from outside. */
import {isTransportFault} from '../etcd/foreign-errors.ts';
import type {SmError} from '../model/errors.ts';
import {COMMITTING} from '../model/store-writes.ts';
import type {StoreWrites} from '../model/store-writes.ts';

export class OwnWrites {
  /** Unix time of the last write that committed, ms; 0: none yet. */
  private committedMs = 0;
  /** What the store itself answered last, since a write committed. */
  private refusal: SmError | undefined;
  /** The last try found nobody, or nobody in time. */
  private silence: SmError | undefined;

  committed(wallMs: number): void {
    this.refusal = undefined;
    this.silence = undefined;
    this.committedMs = wallMs;
  }

  failed(error: SmError): void {
    if (isTransportFault(error)) this.silence = error;
    else [this.refusal, this.silence] = [error, undefined];
  }

  /** When one committed last, Unix time in ms; 0: none yet. */
  get lastMs(): number {
    return this.committedMs;
  }

  /** `withinT`: a write committed within T, by the clock that ends the right to act. */
  state(withinT: boolean): StoreWrites {
    if (withinT) return COMMITTING;
    const {refusal, silence} = this;
    const reason = [refusal, silence].flatMap((fault) => fault?.message ?? []).join('; now ');
    // A store that is out of space is often slow, too: the way out is that of what it said.
    return {
      ...{kind: 'none', sinceMs: this.committedMs, reason},
      fix: refusal?.hint ?? silence?.hint ?? '',
    };
  }
}
