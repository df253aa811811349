/** Plans with what containers have shown of themselves in mind: who gets nothing, who may get a shard on trial now, and which. */
import {moveReasonOf} from '../model/move-reason.ts';
import type {OwnershipRecord} from '../model/ownership.ts';
import type {PlacementSnapshot, Plan, Unproved} from '../model/placement.ts';
import type {ContainerTrust} from './container-trust.ts';
import type {Living, LivingContainer} from './containers.ts';
import {cancelledTo} from './move-gate.ts';
import type {PendingWrites} from './pending-writes.ts';
import type {LoadTerms} from './load-terms.ts';
import {runToEnd} from '../model/steps.ts';
import {countsFor, placementSteps} from './placement.ts';
import type {TrialTerms} from './placement.ts';
import type {RetrySchedule} from './retry.ts';
import type {AppView} from '../appstate/app-view.ts';
import {
  JOINERS_SUSPECTED,
  JOINERS_SUSPECTED_SHARE,
  TRIALS_AT_ONCE,
  TRIALS_AT_ONCE_SHARE,
  TRIAL_BLOCKS_MS,
  UNSERVED_BLOCKS_MS,
} from './limits.ts';

export type Planner = (snapshot: PlacementSnapshot) => Plan;

export interface PlanningContext {
  readonly view: AppView;
  readonly living: Living;
  readonly pending: Pick<PendingWrites, 'has'>;
  readonly retries: Pick<RetrySchedule, 'mustWait'>;
  /** Loads as the planner gets them; undefined: what specs declare. Default: that. */
  readonly loads?: LoadTerms | undefined;
}

export class TrialPlanner {
  private readonly trust: ContainerTrust;
  private readonly turnedAway: ReadonlySet<string>;
  private dueAtMs = Number.POSITIVE_INFINITY;
  private isFirstLook = true;

  /** `turnedAway`: shards that count for no container, whatever their records say. Default: none do. */
  constructor(trust: ContainerTrust, turnedAway: ReadonlySet<string> = new Set()) {
    this.trust = trust;
    this.turnedAway = turnedAway;
  }

  plan(
    context: PlanningContext,
    planner: Planner,
    nowMs: number,
  ): {snapshot: PlacementSnapshot; plan: Plan} {
    const snapshot = runToEnd(this.snapshot(context, nowMs));
    const plan = planner(snapshot);
    for (const at of plan.trials) {
      const container = snapshot.containers[plan.target[at] ?? -1]?.id ?? '';
      this.begin(snapshot.shards[at]?.id ?? '', container, context, nowMs);
    }
    return {snapshot, plan};
  }

  /** Containers that have not proved themselves, by id. Takes note of who is admitted, and forgets trials that never began. */
  look(context: PlanningContext, nowMs: number): Map<string, Unproved> {
    if (this.isFirstLook) this.learnTrials(context, nowMs);
    this.isFirstLook = false;
    this.dropUnbegun(context);
    this.admitStarting(context);
    return this.unproved(context, nowMs);
  }

  /** What the planner is asked, in steps; takes note as `look` does. */
  snapshot(context: PlanningContext, nowMs: number): Generator<undefined, PlacementSnapshot> {
    const {view, living} = context;
    const unproved = this.look(context, nowMs);
    const fitness: TrialTerms['fitness'] = (shard, record, current) => {
      if (current === '' || record === undefined)
        return homelessFitness(context.retries.mustWait(shard, nowMs), record);
      return runningFitness(shard, record, context);
    };
    const {turnedAway} = this;
    const trials = {trials: this.trust.trials, turnedAway, unproved, fitness};
    return placementSteps(view, living, trials, context.loads);
  }

  /** When a trial may begin that had to wait, ms; Infinity when none waits for time to pass. */
  wakeAtMs(): number {
    return this.dueAtMs;
  }

  /** Trials that another daemon has begun: running shards that are on their way to a container that has not proved itself. */
  private learnTrials({view, living}: PlanningContext, nowMs: number): void {
    const isNew = ({incarnation}: LivingContainer): boolean => !this.trust.isProved(incarnation);
    if (![...living.values()].some(isNew)) return;
    for (const [shard, {value}] of view.own) {
      const there = living.get(movesTo(value));
      if (there !== undefined && isNew(there))
        this.begin(shard, there.container, {view, living}, nowMs);
    }
  }

  /** Trials of the last plan that nothing was written for: this plan chooses anew. */
  private dropUnbegun({view, living, pending}: PlanningContext): void {
    const {trials} = this.trust;
    for (const [shard, {container}] of trials) {
      if (pending.has(shard)) continue;
      const record = view.own.get(shard)?.value;
      const isLetGo = record?.state !== 'owned' || record.container === container;
      const isOnWay = isLetGo && !this.turnedAway.has(shard);
      if (!isOnWay || countsFor(record, living, container) !== container) trials.delete(shard);
    }
  }

  /** Where nobody has proved himself, or many join at once, shards that run nowhere wait for nobody's proof. */
  private admitStarting({view, living}: PlanningContext): void {
    const proved = new Set<string>();
    const joining = new Map<string, Set<string>>();
    for (const {container, incarnation, state} of living.values()) {
      if (state === 'leaving' || state === 'refusing') continue;
      const host = hostOf(view, incarnation) || container;
      if (this.trust.isProved(incarnation)) proved.add(container);
      else if (state === 'ready')
        joining.set(host, (joining.get(host) ?? new Set()).add(incarnation));
    }
    const suspected = JOINERS_SUSPECTED_SHARE * (proved.size + joining.size);
    if (proved.size > 0 && joining.size <= Math.max(JOINERS_SUSPECTED, suspected)) return;
    for (const incarnations of joining.values())
      for (const incarnation of incarnations) this.trust.admit(incarnation);
  }

  private unproved({view, living}: PlanningContext, nowMs: number): Map<string, Unproved> {
    const waiting: LivingContainer[] = [];
    for (const one of living.values()) {
      const isJoining = one.state === 'ready' && !this.trust.isTrusted(one.incarnation);
      if (isJoining || one.state === 'refusing') waiting.push(one);
    }
    const due = new Set(this.trialsDue(view, waiting, view.shards.size, nowMs));
    const unproved = new Map<string, Unproved>();
    for (const {container, state, mode} of waiting) {
      // Where all are refusing they are open, and nobody is better.
      if (state === 'refusing' && mode !== 'closed') continue;
      unproved.set(container, {takesRest: state === 'ready', trialDue: due.has(container)});
    }
    return unproved;
  }

  /** The plan gives the shard to the container on trial. */
  begin(
    shard: string,
    container: string,
    {view, living}: Pick<PlanningContext, 'view' | 'living'>,
    nowMs: number,
  ): void {
    const incarnation = living.get(container)?.incarnation ?? '';
    const host = hostOf(view, incarnation);
    this.trust.trials.set(shard, {container, incarnation, host, sinceMs: nowMs});
  }

  private trialsDue(
    view: AppView,
    waiting: readonly LivingContainer[],
    shards: number,
    nowMs: number,
  ): string[] {
    this.dueAtMs = Number.POSITIVE_INFINITY;
    if (waiting.length === 0) return [];
    const due: string[] = [];
    const busy = this.busyHosts(view);
    const ends = [...this.trust.trials.values()].map(({sinceMs}) => sinceMs + TRIAL_BLOCKS_MS);
    for (const [shard, {host, container, sinceMs}] of this.trust.unserved) {
      const endMs = sinceMs + unservedBlocksMs(view.own.get(shard)?.value);
      ends.push(endMs);
      if (endMs > nowMs) busy.add(host || container);
    }
    let free = Math.max(TRIALS_AT_ONCE, Math.floor(TRIALS_AT_ONCE_SHARE * shards));
    for (const endMs of ends) {
      if (endMs <= nowMs) continue;
      free -= 1;
      this.dueAtMs = Math.min(this.dueAtMs, endMs);
    }
    for (const {container, incarnation} of waiting) {
      const host = hostOf(view, incarnation) || container;
      if (busy.has(host)) continue;
      const nextMs = this.trust.nextTrialMs(incarnation);
      if (nextMs > nowMs) this.dueAtMs = Math.min(this.dueAtMs, nextMs);
      else if (free > 0) {
        busy.add(host);
        due.push(container);
        free -= 1;
      }
    }
    return due;
  }

  /** Hosts where a shard has not become ready yet at a container that has not proved itself, be it alive or not evicted yet. */
  private busyHosts(view: AppView): Set<string> {
    const busy = new Set<string>();
    for (const {host, container} of this.trust.trials.values()) busy.add(host || container);
    for (const [incarnation, {value}] of view.heartbeats) {
      if (this.trust.isProved(incarnation)) continue;
      for (const shard of view.shardsOf(incarnation)) {
        const record = view.own.get(shard)?.value;
        if (record?.state !== 'dropping' && record?.ready !== true)
          busy.add(value.host || value.container);
      }
    }
    return busy;
  }
}

/** The container to which a shard moves that ran elsewhere; '' for none. */
function movesTo({move, ready, failures}: OwnershipRecord): string {
  if (move === null || ready || failures > 0 || move.from === '' || move.from === move.to)
    return '';
  return moveReasonOf(move.why).kind === 'lost' ? '' : move.to;
}

/** One shard at a time is what a bad container may cost: until somebody serves it again, or nobody can. */
function unservedBlocksMs(record: OwnershipRecord | undefined): number {
  return record === undefined || record.state === 'free' ? TRIAL_BLOCKS_MS : UNSERVED_BLOCKS_MS;
}

function hostOf(view: AppView, incarnation: string): string {
  return view.heartbeats.get(incarnation)?.value.host ?? '';
}

type Fitness = ReturnType<TrialTerms['fitness']>;

function homelessFitness(mustWait: boolean, record: OwnershipRecord | undefined): Fitness {
  return {trial: mustWait ? 'no' : 'yes', failures: record?.failures ?? 0};
}

function runningFitness(
  shard: string,
  record: OwnershipRecord,
  {view, living, pending}: PlanningContext,
): Fitness {
  if (record.state !== 'owned' || !record.ready || pending.has(shard)) return {trial: 'no'};
  const trial = view.spec?.value.paused === true ? 'forced' : 'yes';
  return {trial, cancelledTo: cancelledTo(shard, view, living)};
}
