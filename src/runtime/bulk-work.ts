/**
 * When a piece of bulk work of an app may begin: a part of a large batch, a merged write of a long queue. What a piece writes comes back by watches and is planned,
 * which takes more of the event loop than the piece itself. So it is let in by what the loop has left: a piece begins once the loop has rested for a share of
 * the time that it has worked since the piece before. An app that is alone need not share: for it a piece begins at once.
 */
import {performance} from 'node:perf_hooks';
import {
  BULK_ALONE_MS,
  BULK_GAP_MS,
  BULK_LOOK_MS,
  BULK_REST_SHARE,
  BULK_WAIT_MAX_MS,
} from './limits.ts';

/** How long the event loop has rested and worked so far, ms. */
export interface LoopUse {
  readonly idle: number;
  readonly active: number;
}

export interface BulkWorkOptions {
  readonly used: () => LoopUse;
  readonly nowMs: () => number;
  /** Calls that once after so long, ms. */
  readonly after: (delayMs: number, look: () => void) => void;
}

/** What those need who have bulk work, or hear of the work of others. */
export interface BulkAdmission {
  /** The app asks for something now. */
  noteUse(app: string): void;
  /** Whether a piece of that app begins now: then it counts as begun. */
  tryBegin(app: string): boolean;
  /** Resolves when a piece of that app begins; in the order of the calls. */
  turn(app: string): Promise<void>;
}

interface Waiting {
  readonly app: string;
  readonly begin: () => void;
}

interface Use {
  readonly app: string;
  readonly atMs: number;
}

const OF_THIS_PROCESS: BulkWorkOptions = {
  used: () => performance.eventLoopUtilization(),
  nowMs: () => performance.now(),
  after: (delayMs, look) => void setTimeout(look, delayMs),
};

export class BulkWork implements BulkAdmission {
  private readonly options: BulkWorkOptions;
  private readonly queue: Waiting[] = [];
  /** When the last piece began, and the use of the loop then. */
  private last: {readonly atMs: number; readonly used: LoopUse};
  private isLooking = false;
  private lastUse: Use | undefined;
  /** The last use by another app than that one. */
  private otherUse: Use | undefined;

  /** Default: by the event loop of this process. */
  constructor(options: BulkWorkOptions = OF_THIS_PROCESS) {
    this.options = options;
    this.last = {atMs: options.nowMs(), used: options.used()};
  }

  noteUse(app: string): void {
    if (this.lastUse !== undefined && this.lastUse.app !== app) this.otherUse = this.lastUse;
    this.lastUse = {app, atMs: this.options.nowMs()};
  }

  tryBegin(app: string): boolean {
    const isNext = this.queue.length === 0 || this.isAlone(app);
    return isNext && this.begins(app);
  }

  turn(app: string): Promise<void> {
    return new Promise((begin) => {
      this.queue.push({app, begin});
      if (!this.isLooking) this.look();
    });
  }

  private look(): void {
    while (this.queue[0] !== undefined && this.begins(this.queue[0].app))
      this.queue.shift()?.begin();
    this.isLooking = this.queue.length > 0;
    if (this.isLooking) this.options.after(BULK_LOOK_MS, () => this.look());
  }

  private begins(app: string): boolean {
    const [nowMs, used] = [this.options.nowMs(), this.options.used()];
    const restedMs = used.idle - this.last.used.idle;
    const workedMs = used.active - this.last.used.active;
    const isRested = restedMs + workedMs >= BULK_GAP_MS && restedMs >= BULK_REST_SHARE * workedMs;
    // A loop that never rests must not keep bulk work out for good.
    const isLate = nowMs - this.last.atMs >= BULK_WAIT_MAX_MS;
    if (!isRested && !isLate && !this.isAlone(app)) return false;
    this.last = {atMs: nowMs, used};
    return true;
  }

  private isAlone(app: string): boolean {
    const use = this.lastUse?.app === app ? this.otherUse : this.lastUse;
    return use === undefined || this.options.nowMs() - use.atMs >= BULK_ALONE_MS;
  }
}
