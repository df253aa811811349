/**
 * The active half of a passive machine. A turn takes the machine's next actions, hands each to its handler, and sets a timer for
 * when the machine must be looked at again. Handlers do what an action says and feed the answer to the machine; the turn that
 * follows takes up what the machine makes of it. The machine decides what, the handlers know how, the driver knows when.
 */
import type {Clock, Timer} from './clock.ts';
import {HEAVY_TURN_MS, TURN_MS} from './limits.ts';
import {restAfter} from './slices.ts';

export interface PassiveMachine<A> {
  /** The next actions. Called after events, and at `wakeAtMs`. */
  advance(nowMs: number): readonly A[];
  /** When `advance` must be called even if nothing happens; Infinity: only after an event. */
  wakeAtMs(nowMs: number): number;
}

/** One for each kind of action. A promise is work in the background: a turn follows when it resolves. */
export type ActionHandlers<A extends {readonly type: string}> = {
  readonly [Type in A['type']]: (action: Extract<A, {readonly type: Type}>) => Promise<void> | void;
};

export interface MachineDriverOptions<A extends {readonly type: string}> {
  readonly machine: PassiveMachine<A>;
  readonly handlers: ActionHandlers<A>;
  readonly clock: Pick<Clock, 'after'>;
  /** The clock that the machine counts by, ms. */
  readonly nowMs: () => number;
  /** A turn at least so often, ms. Default: none before the machine wants it. */
  readonly longestSleepMs?: number;
  /** After a long turn the next one waits as long as it took: what comes meanwhile is taken together, and the event loop is free for others. Default: it does not. */
  readonly restsAfterTurns?: boolean;
  /** All actions of a turn, before the first of them is carried out. */
  readonly beforeActions?: (actions: readonly A[]) => void;
  /** The last action of a turn has been carried out. */
  readonly afterActions?: () => void;
  /** The machine or a handler has thrown, which is a bug. The driver has stopped. */
  readonly onBroken: (error: unknown) => void;
}

/**
 * | state | queueTurn | the queued turn begins | stop |
 * | --- | --- | --- | --- |
 * | idle | queued | - | stopped |
 * | queued | queued | idle | stopped |
 * | stopped | stopped | stopped | stopped |
 */
type DriverState = 'idle' | 'queued' | 'stopped';

export class MachineDriver<A extends {readonly type: string}> {
  private readonly options: MachineDriverOptions<A>;
  private state: DriverState = 'idle';
  private timer: Timer | undefined;
  /** No turn before this. */
  private restsUntilMs = Number.NEGATIVE_INFINITY;

  constructor(options: MachineDriverOptions<A>) {
    this.options = options;
  }

  get isStopped(): boolean {
    return this.state === 'stopped';
  }

  /** Something has come that no turn has looked at. */
  get isTurnDue(): boolean {
    return this.state === 'queued';
  }

  /** No turn from now on. Work in the background goes on; what it answers wakes nobody. */
  stop(): void {
    this.state = 'stopped';
    this.timer?.cancel();
  }

  /** A turn soon: events of one turn of the event loop are taken together. */
  queueTurn(): void {
    if (this.state !== 'idle') return;
    this.state = 'queued';
    const begin = (): void => {
      if (this.state === 'queued') this.state = 'idle';
      this.turn();
    };
    const restMs = this.restsUntilMs - this.options.nowMs();
    if (restMs < TURN_MS) setImmediate(begin);
    else this.options.clock.after(restMs, begin);
  }

  /** A turn at once. */
  turn(): void {
    if (this.isStopped) return;
    this.guarded(() => {
      const {machine, nowMs, beforeActions, afterActions} = this.options;
      const now = nowMs();
      const actions = machine.advance(now);
      beforeActions?.(actions);
      this.act(actions);
      afterActions?.();
      this.noteTurn(now, nowMs());
      this.timer?.cancel();
      // An action above may have ended it all: a timer set now would keep the process from ending.
      if (!this.isStopped) this.sleep(machine.wakeAtMs(now) - now);
    });
  }

  /** Actions that an answer has brought. */
  act(actions: readonly A[]): void {
    for (const action of actions) {
      const handle = this.options.handlers[action.type as A['type']] as (action: A) => unknown;
      const work = handle(action);
      if (work instanceof Promise) this.background(work);
    }
  }

  /** A turn follows the end of the work, unless `done` says otherwise; its failure breaks the driver. */
  background(work: Promise<unknown>, done: () => void = () => this.queueTurn()): void {
    work.then(done, (error: unknown) => this.broken(error));
  }

  /** Runs what timers and watches call: what is thrown there would end the process, and with it all else that is driven here. */
  guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.broken(error);
    }
  }

  /** Something does not hold that must. */
  broken(error: unknown): void {
    if (this.isStopped) return;
    this.stop();
    this.options.onBroken(error);
  }

  private noteTurn(beganMs: number, endedMs: number): void {
    const tookMs = endedMs - beganMs;
    if (this.options.restsAfterTurns !== true || tookMs < HEAVY_TURN_MS) return;
    this.restsUntilMs = endedMs + restAfter(tookMs);
  }

  private sleep(wantedMs: number): void {
    const {clock, nowMs, longestSleepMs = Number.POSITIVE_INFINITY} = this.options;
    const restMs = this.restsUntilMs - nowMs();
    const waitMs = Math.min(longestSleepMs, Math.max(TURN_MS, restMs, wantedMs));
    if (Number.isFinite(waitMs)) this.timer = clock.after(waitMs, () => this.turn());
  }
}
