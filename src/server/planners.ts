/** Who plans in a daemon: one thread for governors of large apps, another for readers, so that none of them waits for the other. */
import type {PlacementSnapshot, Plan} from '../model/placement.ts';
import type {Logger} from '../runtime/logger.ts';
import type {PlannersBeside} from './governing/planners-beside.ts';
import {HEAVY_CALLS_AT_ONCE, HEAVY_CALLS_WAITING, READERS_THREAD_LINGER_MS} from './limits.ts';
import {PlannerThread} from './planner-thread.ts';
import type {PlannerThreadOptions} from './planner-thread.ts';
import type {AskedOfPlan} from './admin/dependencies.ts';
import {ReaderPlans} from './reader-plans.ts';
import {Turns} from './turns.ts';

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
        ...(from === undefined ? {} : {from}),
        ...(beginThread === undefined ? {} : {begin: beginThread}),
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

  /** As `AdminDependencies.plan`. */
  readonly plan = (snapshot: PlacementSnapshot, asked?: AskedOfPlan): Plan | Promise<Plan> =>
    this.readers.plan(snapshot, asked);

  /** As `AdminDependencies.byTurns`. */
  readonly byTurns = <T>(app: string, work: () => Promise<T>, restFactor?: number): Promise<T> =>
    this.turns.run(app, work, restFactor);

  async stop(): Promise<void> {
    await Promise.all(this.threads.map((one) => one.stop()));
  }
}
