/** Who plans in a daemon: one thread for governors of large apps, another for readers, so that none of them waits for the other. */
import type {Logger} from '../runtime/logger.ts';
import type {PlannersBeside} from './governing/planners-beside.ts';
import {HEAVY_CALLS_AT_ONCE, HEAVY_CALLS_WAITING, READERS_THREAD_LINGER_MS} from './limits.ts';
import {PlannerThread} from './planner-thread.ts';
import type {PlannerThreadOptions} from './planner-thread.ts';
import type {PlanDependencies} from './admin/dependencies.ts';
import {ReaderPlans, planAtOnce} from './reader-plans.ts';
import {Turns} from './turns.ts';
import {given} from '../model/said.ts';

export interface PlannersOptions {
  readonly logger: Logger;
  /** Apps of more shards are planned for in the thread of governors. Default: `SHARDS_PLANNED_INLINE`. */
  readonly plansBesideFrom?: number | undefined;
  /** As `PlannerThreadOptions.begin`, of both threads. */
  readonly beginThread?: PlannerThreadOptions['begin'] | undefined;
}

export class Planners {
  private readonly threads: readonly PlannerThread[];
  private readonly readers: ReaderPlans;
  private readonly turns = new Turns({
    atOnce: HEAVY_CALLS_AT_ONCE,
    waitingPerKey: HEAVY_CALLS_WAITING,
  });
  readonly governors: PlannersBeside;

  constructor({logger, plansBesideFrom, beginThread}: PlannersOptions) {
    const newThread = (plansFor: string, from: number | undefined, lingerMs: number) =>
      new PlannerThread({
        lingerMs,
        ...given({from, begin: beginThread}),
        onLost: (error, isForGood) =>
          logger.error(
            {error: String(error), plansFor},
            isForGood
              ? 'the planner thread has ended too often: plans are made in the event loop until this daemon is restarted'
              : 'the planner thread has ended: it is started again',
          ),
      });
    const forGovernors = newThread('governors', plansBesideFrom, 0);
    const forReaders = newThread('readers', undefined, READERS_THREAD_LINGER_MS);
    this.governors = forGovernors;
    this.readers = new ReaderPlans(forReaders);
    this.threads = [forGovernors, forReaders];
  }

  /** Times that a thread has ended by itself, ever. */
  get losses(): number {
    return this.threads.reduce((sum, {losses}) => sum + losses, 0);
  }

  readonly forReaders: Required<Omit<PlanDependencies, 'planInUse'>> = {
    plan: planAtOnce,
    planBeside: (listing, living, asked) => this.readers.plan(listing, living, asked),
    byTurns: (app, work, restFactor) => this.turns.run(app, work, restFactor),
  };

  async stop(): Promise<void> {
    this.readers.close();
    await Promise.all(this.threads.map((one) => one.stop()));
  }
}
