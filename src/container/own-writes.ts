/** How the process's own writes fare: each heartbeat is one. Times come in from outside. */
import type {SmError} from '../model/errors.ts';
import {COMMITTING} from '../model/store-writes.ts';
import type {StoreWrites} from '../model/store-writes.ts';

export class OwnWrites {
  /** Unix time of the last write that committed, ms; 0: none yet. */
  private committedMs = 0;
  private fault: SmError | undefined;

  committed(wallMs: number): void {
    this.fault = undefined;
    this.committedMs = wallMs;
  }

  failed(error: SmError): void {
    this.fault = error;
  }

  /** When one committed last, Unix time in ms; 0: none yet. */
  get lastMs(): number {
    return this.committedMs;
  }

  /** `withinT`: a write committed within T, by the clock that ends the right to act. */
  state(withinT: boolean): StoreWrites {
    if (withinT) return COMMITTING;
    const {message: reason = '', hint: fix = ''} = this.fault ?? {};
    return {kind: 'none', sinceMs: this.committedMs, reason, fix};
  }
}
