/** Who counts what governors do; they report and ask for nothing. */
import type {PlacementSnapshot, Plan} from '../../model/placement.ts';
import type {Clock} from '../../runtime/clock.ts';
import type {LoadFaultCounts} from '../../load/load-faults.ts';
import type {Measurement} from '../../governor/service-times.ts';

export interface GovernorMeter {
  /** A governor of the app has begun to govern here. */
  started(app: string): void;
  /** A plan of the app took so long to compute. */
  planned(app: string, ms: number): void;
  /** What has become of its shards. */
  measured(app: string, measurements: readonly Measurement[]): void;
  /** Loads that containers reported were made harmless, so often each. */
  loadFaults(app: string, counts: LoadFaultCounts): void;
}

/** Counts nothing. */
export const silentMeter: GovernorMeter = {
  started: () => undefined,
  planned: () => undefined,
  measured: () => undefined,
  loadFaults: () => undefined,
};

/** The planner, which says how long each plan has taken. */
export function timedPlan(
  {app, plan, clock}: TimedPlanner,
  meter: Pick<GovernorMeter, 'planned'>,
): TimedPlanner['plan'] {
  return (snapshot) => {
    const startedMs = clock.nowMs();
    const made = plan(snapshot);
    meter.planned(app, clock.nowMs() - startedMs);
    return made;
  };
}

interface TimedPlanner {
  readonly app: string;
  readonly plan: (snapshot: PlacementSnapshot) => Plan;
  readonly clock: Pick<Clock, 'nowMs'>;
}
