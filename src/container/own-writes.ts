/** How the process's own writes fare: each heartbeat is one. */
import {isTransportFault} from '../etcd/foreign-errors.ts';
import {SmError} from '../model/errors.ts';
import {ACCEPT_FIX, doubtText} from '../model/store-doubt.ts';
import type {StoreDoubt} from '../model/store-doubt.ts';
import {COMMITTING} from '../model/store-writes.ts';
import type {StoreWrites} from '../model/store-writes.ts';
import type {Clock} from '../runtime/clock.ts';
import {WALL_JUMP_MS} from '../runtime/limits.ts';

type Clocks = Pick<Clock, 'nowMs' | 'ownerMs' | 'wallMs'>;

export class OwnWrites {
  /** When one committed last, Unix time in ms; 0: none yet. */
  lastMs = 0;
  /** What the store itself answered last, since a write committed. */
  private refusal: SmError | undefined;
  /** The last try found nobody, or nobody in time. */
  private transportFault: SmError | undefined;

  /** The store is not believed: nothing is written until somebody accepts it and a write commits. */
  private isDoubted = false;
  private readonly clock: Clocks;
  /** The clocks when one committed last. */
  private lastOwnerMs: number;
  private lastNowMs: number;

  constructor(clock: Clocks) {
    this.clock = clock;
    this.lastOwnerMs = clock.ownerMs();
    this.lastNowMs = clock.nowMs();
  }

  committed(): void {
    this.isDoubted = false;
    this.refusal = undefined;
    this.transportFault = undefined;
    this.lastMs = this.clock.wallMs();
    this.lastOwnerMs = this.clock.ownerMs();
    this.lastNowMs = this.clock.nowMs();
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
    const clockFault = this.isDoubted ? undefined : this.clockFault();
    const faults = [clockFault, refusal, transportFault].filter((fault) => fault !== undefined);
    const reason = faults.map(({message}) => message).join('; now ');
    // A store that is out of space is often slow, too: the way out is that of what it said.
    const {hint: fix = ''} = refusal ?? transportFault ?? clockFault ?? {};
    return {kind: 'none', sinceMs: this.lastMs, reason, fix};
  }

  /** Time since the last write that no running clock has counted, ms: the store has no part in it. 0 where it is less than half of all. */
  private unseenMs(): number {
    const passedMs = this.clock.ownerMs() - this.lastOwnerMs;
    const unseenMs = passedMs - (this.clock.nowMs() - this.lastNowMs);
    return unseenMs > Math.max(passedMs / 2, WALL_JUMP_MS) ? unseenMs : 0;
  }

  private clockFault(): {readonly message: string; readonly hint: string} | undefined {
    const unseenMs = this.unseenMs();
    if (unseenMs === 0) return undefined;
    const by = `${Math.round(unseenMs / 1_000)} s`;
    return {
      message: `its clock was set forward, or its machine was suspended, by ${by}`,
      hint: 'see what sets the clock of its machine (chronyc tracking), and what suspends it; nothing else is needed',
    };
  }
}
