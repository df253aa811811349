/**
 * Plans for large apps, made in a thread of their own: the event loop goes on meanwhile. The thread begins with the first large app, and ends with the last or
 * with the daemon.
 */
import {Worker} from 'node:worker_threads';
import {SHARDS_PLANNED_INLINE} from '../governor/limits.ts';
import type {RowPlan} from '../planner/row-plan.ts';
import {gate} from '../runtime/gate.ts';
import type {PlannerBeside, PlannersBeside} from './governing/planners-beside.ts';
import {PLANNER_HEAP_MB} from './limits.ts';
import type {PlannerReply, PlannerRequest} from './planner-messages.ts';

/** In the form that this file has itself: built or source. */
const IS_SOURCE = import.meta.url.endsWith('.ts');
const PROGRAM = new URL(`../server/planner-worker${IS_SOURCE ? '.ts' : '.js'}`, import.meta.url)
  .href;
/** Threads of Node 20 do not take over how their process reads TypeScript. */
const FROM_SOURCE = `import('tsx/esm/api').then(({register}) => {
  register();
  return import(${JSON.stringify(PROGRAM)});
});`;

type Waiting = Pick<ReturnType<typeof gate<RowPlan | undefined>>, 'resolve' | 'reject'>;

/** One run of the thread. What it was told is gone when it ends. */
class Run {
  readonly worker = new Worker(IS_SOURCE ? FROM_SOURCE : new URL(PROGRAM), {
    eval: IS_SOURCE,
    // What the process was started with is not for its threads.
    execArgv: [],
    resourceLimits: {maxOldGenerationSizeMb: PLANNER_HEAP_MB},
  });
  ended: Error | undefined;
  private readonly waiting = new Map<number, Waiting>();
  private questions = 0;

  constructor(onEnd: () => void) {
    const end = (error: Error): void => {
      if (this.ended !== undefined) return;
      this.ended = error;
      for (const one of this.waiting.values()) one.reject(error);
      this.waiting.clear();
      onEnd();
    };
    this.worker.on('message', (reply: PlannerReply) => this.take(reply));
    this.worker.on('error', end);
    this.worker.on('exit', (code) => end(new Error(`the planner thread has ended with ${code}`)));
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
  private run: Run | undefined;
  private readonly inUse = new Set<number>();
  private planners = 0;

  /** `from`: apps of more shards are planned for here. */
  constructor(from = SHARDS_PLANNED_INLINE) {
    this.from = from;
  }

  /** Whether the thread runs. */
  get isRunning(): boolean {
    return this.run !== undefined;
  }

  open(): PlannerBeside {
    this.planners += 1;
    const planner = this.planners;
    let mine: Run | undefined;
    let isClosed = false;
    const run = (): Run => {
      this.inUse.add(planner);
      return (mine ??= this.running());
    };
    return {
      tell: (batch) => run().send({kind: 'tell', planner, batch}),
      plan: async (terms) => {
        try {
          return await run().ask({kind: 'plan', planner, terms});
        } catch (error) {
          if (isClosed) return undefined;
          throw error;
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
    const {run} = this;
    this.run = undefined;
    await run?.worker.terminate();
  }

  private running(): Run {
    const run = (this.run ??= new Run(() => {
      if (this.run === run) this.run = undefined;
    }));
    return run;
  }

  private closed(planner: number): void {
    this.inUse.delete(planner);
    if (this.inUse.size === 0) void this.stop();
  }
}
