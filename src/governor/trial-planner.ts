/** Plans with what containers have shown of themselves in mind: who is held back, who may get a shard on trial now, and which. */
import type {PlacementSnapshot, Plan} from '../model/placement.ts';
import type {ContainerTrust} from './container-trust.ts';
import type {LivingContainer} from './containers.ts';
import {queueState} from './move-gate.ts';
import type {WantedMove} from './move-gate.ts';
import type {PendingWrites} from './pending-writes.ts';
import {countsFor, placementSnapshot} from './placement.ts';
import type {RetrySchedule} from './retry.ts';
import {planWithTrials} from './trial-plan.ts';
import type {Eligibility, Planner} from './trial-plan.ts';
import type {AppView} from '../appstate/app-view.ts';

/** Shards of an app that may be on trial at once: so many, or this share of all, whichever is more. */
const TRIALS_AT_ONCE = 1;
const TRIAL_SHARE_AT_ONCE = 0.01;
/** A trial that takes longer than this keeps no other host from its own. */
const TRIAL_BLOCKS_MS = 10_000;
/** So many hosts with unproved containers, or this share of all, are a start of the app: no single bad container is behind it. */
const JOINERS_SUSPECTED = 2;
const JOINER_SHARE_SUSPECTED = 0.3;

export interface PlanningContext {
  readonly view: AppView;
  readonly living: ReadonlyMap<string, LivingContainer>;
  readonly pending: PendingWrites;
  readonly retries: Pick<RetrySchedule, 'held'>;
}

export class TrialPlanner {
  private readonly trust: ContainerTrust;
  private readonly planner: Planner;
  private dueAtMs = Number.POSITIVE_INFINITY;

  constructor(trust: ContainerTrust, planner: Planner) {
    this.trust = trust;
    this.planner = planner;
  }

  plan(context: PlanningContext, nowMs: number): {snapshot: PlacementSnapshot; plan: Plan} {
    const {view, living, pending} = context;
    this.dropUnbegun(context);
    this.admitStarting(context);
    const snapshot = placementSnapshot(view, living, this.trust.trials);
    const eligibility = this.eligibility(context, snapshot.shards.length, nowMs);
    const rules = {
      mayMove: (move: WantedMove): boolean => {
        const record = view.own.get(move.shard)?.value;
        if (record?.ready !== true || record.container !== move.from) return false;
        return !pending.has(move.shard) && queueState(move, view, living) === 'queued';
      },
      failuresOf: (shard: string): number | undefined =>
        context.retries.held(shard, nowMs) ? undefined : (view.own.get(shard)?.value.failures ?? 0),
    };
    const {plan, trials} = planWithTrials(snapshot, this.planner, eligibility, rules);
    for (const [shard, container] of trials) {
      const incarnation = living.get(container)?.incarnation ?? '';
      const host = hostOf(view, incarnation);
      this.trust.begin(shard, {container, incarnation, host, sinceMs: nowMs});
    }
    return {snapshot, plan};
  }

  /** When a trial may begin that had to wait, ms; Infinity when none waits for time to pass. */
  wakeAtMs(): number {
    return this.dueAtMs;
  }

  /** Trials of the last plan that nothing was written for: this plan chooses anew. */
  private dropUnbegun({view, living, pending}: PlanningContext): void {
    const {trials} = this.trust;
    for (const [shard, {container}] of trials) {
      if (pending.has(shard)) continue;
      const record = view.own.get(shard)?.value;
      const isLetGo = record?.state !== 'owned' || record.container === container;
      if (!isLetGo || countsFor(record, living, container) !== container) trials.delete(shard);
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
    const suspected = JOINER_SHARE_SUSPECTED * (proved.size + joining.size);
    if (proved.size > 0 && joining.size <= Math.max(JOINERS_SUSPECTED, suspected)) return;
    for (const incarnations of joining.values())
      for (const incarnation of incarnations) this.trust.admit(incarnation);
  }

  private eligibility({view, living}: PlanningContext, shards: number, nowMs: number): Eligibility {
    const heldBack = new Set<string>();
    const lastResort = new Set<string>();
    const waiting: LivingContainer[] = [];
    for (const one of living.values()) {
      const isJoining = one.state === 'ready' && !this.trust.isTrusted(one.incarnation);
      if (isJoining) lastResort.add(one.container);
      if (!isJoining && one.state !== 'refusing') continue;
      waiting.push(one);
      if (isJoining || one.mode === 'closed') heldBack.add(one.container);
    }
    return {heldBack, lastResort, trialDue: this.trialsDue(view, waiting, shards, nowMs)};
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
    let free = Math.max(TRIALS_AT_ONCE, Math.floor(TRIAL_SHARE_AT_ONCE * shards));
    for (const {sinceMs} of this.trust.trials.values()) {
      const endsMs = sinceMs + TRIAL_BLOCKS_MS;
      if (endsMs <= nowMs) continue;
      free -= 1;
      this.dueAtMs = Math.min(this.dueAtMs, endsMs);
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

function hostOf(view: AppView, incarnation: string): string {
  return view.heartbeats.get(incarnation)?.value.host ?? '';
}
