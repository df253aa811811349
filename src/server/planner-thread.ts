/**
 * Plans for large apps, made in a thread of their own: the event loop goes on meanwhile. The thread begins with the first large app, and ends with the last or
 * with the daemon.
 */
import type {Worker} from 'node:worker_threads';
import {SHARDS_PLANNED_INLINE} from '../governor/limits.ts';
import {failureText} from '../model/failure-text.ts';
import type {RowPlan} from '../planner/row-plan.ts';
import {gate} from '../runtime/gate.ts';
import {beginProgram} from '../runtime/program-thread.ts';
import {PlannerLost} from './governing/planners-beside.ts';
import type {PlannerBeside, PlannersBeside} from './governing/planners-beside.ts';
import {PLANNER_HEAP_MB, PLANNER_LOSSES_ALLOWED} from './limits.ts';
import type {PlannerReply, PlannerRequest} from './planner-messages.ts';

type Waiting = Pick<ReturnType<typeof gate<RowPlan | undefined>>, 'resolve' | 'reject'>;

export interface PlannerThreadOptions {
  /** Apps of more shards are planned for here. Default: `SHARDS_PLANNED_INLINE`. */
  readonly from?: number;
  /** How long the thread is kept when nobody needs it, ms. Default: not at all. */
  readonly lingerMs?: number;
  /** The thread has ended, or could not begin. `isForGood`: too often in a row, it is not begun again. */
  readonly onLost?: (error: Error, isForGood: boolean) => void;
  /** Begins the thread. Default: the program beside this file. */
  readonly begin?: () => Worker;
}

/** The thread as it is built. */
export function beginPlannerThread(): Worker {
  return beginProgram('server/planner-worker', {
    resourceLimits: {maxOldGenerationSizeMb: PLANNER_HEAP_MB},
  });
}

/** One run of the thread. What was sent to it is gone when it ends. */
class Run {
  readonly worker: Worker;
  ended: Error | undefined;
  private readonly waiting = new Map<number, Waiting>();
  private questions = 0;

  constructor(worker: Worker, onEnd: (error: Error) => void) {
    this.worker = worker;
    const end = (error: Error): void => {
      if (this.ended !== undefined) return;
      this.ended = error;
      onEnd(error);
      for (const one of this.waiting.values()) one.reject(error);
      this.waiting.clear();
    };
    worker.on('message', (reply: PlannerReply) => this.take(reply));
    worker.on('error', end);
    worker.on('exit', (code) => end(new Error(`the planner thread has ended with ${code}`)));
  }

  send(request: PlannerRequest): void {
    if (this.ended === undefined) this.worker.postMessage(request);
  }

  async ask(request: Omit<Extract<PlannerRequest, {kind: 'plan'}>, 'question'>) {
    if (this.ended !== undefined) throw this.ended;
    this.questions += 1;
    const answer = gate<RowPlan | undefined>();
    this.waiting.set(this.questions, answer);
    this.send({...request, question: this.questions});
    return answer.promise;
  }

  private take(reply: PlannerReply): void {
    const answer = this.waiting.get(reply.question);
    this.waiting.delete(reply.question);
    if ('plan' in reply) answer?.resolve(reply.plan);
    else answer?.reject(new Error(reply.error));
  }
}

export class PlannerThread implements PlannersBeside {
  readonly from: number;
  private readonly options: PlannerThreadOptions;
  private run: Run | undefined;
  private readonly inUse = new Set<number>();
  private planners = 0;
  private timer: NodeJS.Timeout | undefined;
  /** Runs that have ended by themselves, ever, and since a plan was made. */
  losses = 0;
  private inARow = 0;

  constructor(options: PlannerThreadOptions = {}) {
    this.options = options;
    this.from = options.from ?? SHARDS_PLANNED_INLINE;
  }

  /** Whether the thread runs. */
  get isRunning(): boolean {
    return this.run !== undefined;
  }

  /** It has ended too often: it is not begun again. */
  get isGivenUp(): boolean {
    return this.inARow >= PLANNER_LOSSES_ALLOWED;
  }

  open(): PlannerBeside {
    this.planners += 1;
    const planner = this.planners;
    let mine: Run | undefined;
    let isClosed = false;
    const run = (): Run | undefined => {
      this.inUse.add(planner);
      return (mine ??= this.running());
    };
    return {
      update: (batch) => run()?.send({kind: 'update', planner, batch: JSON.stringify(batch)}),
      plan: async (terms) => {
        const asked = run();
        try {
          if (asked === undefined) throw new Error('the planner thread cannot start');
          const plan = await asked.ask({kind: 'plan', planner, terms});
          this.inARow = 0;
          return plan;
        } catch (error) {
          if (isClosed) return undefined;
          if (asked !== undefined && asked.ended === undefined) throw error;
          throw new PlannerLost(failureText(error), this.isGivenUp);
        }
      },
      close: () => {
        isClosed = true;
        mine?.send({kind: 'close', planner});
        this.closed(planner);
      },
    };
  }

  /** Ends the thread. What was asked is not answered any more. */
  async stop(): Promise<void> {
    clearTimeout(this.timer);
    const {run} = this;
    this.run = undefined;
    await run?.worker.terminate();
  }

  /** Undefined: it cannot begin. */
  private running(): Run | undefined {
    clearTimeout(this.timer);
    if (this.run !== undefined) return this.run;
    if (this.isGivenUp) return undefined;
    try {
      const run: Run = new Run((this.options.begin ?? beginPlannerThread)(), (error) => {
        if (this.run !== run) return;
        this.run = undefined;
        this.lost(error);
      });
      this.run = run;
    } catch (error) {
      this.lost(error instanceof Error ? error : new Error(String(error)));
    }
    return this.run;
  }

  private lost(error: Error): void {
    this.losses += 1;
    this.inARow += 1;
    this.options.onLost?.(error, this.isGivenUp);
  }

  private closed(planner: number): void {
    this.inUse.delete(planner);
    if (this.inUse.size > 0) return;
    const {lingerMs = 0} = this.options;
    if (lingerMs === 0) return void this.stop();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.stop(), lingerMs);
    this.timer.unref();
  }
}
