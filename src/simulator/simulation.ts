/** Plays a trace on a simulated fleet, and measures how even it was and what that cost. Pure: nobody is asked, nothing takes time. */
import {balanceAmong} from '../governor/load-balance.ts';
import {ownNumber} from '../model/own-number.ts';
import {given} from '../model/said.ts';
import type {AppSpec, ShardSpec} from '../model/specs.ts';
import type {FleetFigures} from './fleet-figures.ts';
import {SAMPLE_EVERY_MS} from './limits.ts';
import {SimulatedFleet} from './simulated-fleet.ts';
import {resultOf} from './simulation-result.ts';
import type {Sample, SimulationResult} from './simulation-result.ts';
import type {Loads, Trace, TraceEvent, TraceShard} from './trace.ts';

/** What a file declares of the app. */
export interface SimulatedApp {
  readonly spec: Partial<AppSpec>;
  readonly shards: readonly (Partial<ShardSpec> & {readonly id: string})[];
  /** Container ids by worker group. */
  readonly workerGroups: Readonly<Record<string, readonly string[]>>;
}

export interface SimulationOptions {
  /** Loads whose imbalance is measured; none: counts of shards. */
  readonly metrics: readonly string[];
  /** How long an add and a drop take. */
  readonly addMs?: number;
  readonly dropMs?: number;
  /** Figures are of the time from then on. Default: from when every shard was served first. */
  readonly fromMs?: number | undefined;
}

/** Counters when the figures begin. */
interface Baseline extends Readonly<Pick<FleetFigures, 'unservedShardMs' | 'plans' | 'rounds'>> {
  readonly atMs: number;
  readonly moves: ReadonlyMap<string, number>;
  readonly movesOf: ReadonlyMap<string, number>;
}

export class Simulation {
  readonly durationMs: number;
  private readonly trace: Trace;
  private readonly options: SimulationOptions;
  private readonly fleet: SimulatedFleet;
  private readonly declared: ReadonlyMap<string, Partial<ShardSpec>>;
  /** What shards really take, in the order of the metrics. */
  private readonly taken = new Map<string, number[]>();
  private readonly samples: Sample[] = [];
  private readonly closed = new Set<string>();
  private at = 0;
  private sampleAtMs = 0;
  private baseline: Baseline | undefined;

  constructor(app: SimulatedApp, trace: Trace, options: SimulationOptions) {
    this.trace = trace;
    this.durationMs = trace.durationMs;
    this.options = options;
    const {addMs, dropMs} = options;
    this.fleet = new SimulatedFleet({
      ...{spec: app.spec, ttlMs: trace.ttlMs},
      ...given({addMs, dropMs}),
    });
    this.declared = new Map(app.shards.map(({id, ...terms}) => [id, terms]));
    for (const [group, members] of Object.entries(app.workerGroups))
      for (const container of members) this.fleet.putInto(group, container);
    for (const [id, terms] of this.declared) this.add(id, terms);
    this.happen();
  }

  /** Plays on until then, ms from the beginning; the end at most. */
  advanceTo(atMs: number): void {
    const {fleet, trace} = this;
    const untilMs = Math.min(atMs, this.durationMs);
    while (fleet.elapsedMs < untilMs) {
      const eventMs = trace.events[this.at]?.atMs ?? Number.POSITIVE_INFINITY;
      const nextMs = Math.min(untilMs, eventMs, this.sampleAtMs);
      if (nextMs > fleet.elapsedMs) fleet.pass(nextMs - fleet.elapsedMs);
      this.happen();
      if (fleet.elapsedMs >= this.sampleAtMs) this.sample();
    }
  }

  /** So far. */
  result(): SimulationResult {
    const {fleet, baseline, options, samples, durationMs} = this;
    const before = baseline ?? this.counters();
    const {figures} = fleet;
    const since = (all: ReadonlyMap<string, number>, first: ReadonlyMap<string, number>) =>
      [...all]
        .map(([key, count]) => [key, count - (first.get(key) ?? 0)] as const)
        .filter(([, count]) => count > 0);
    const causes = since(figures.moves, before.moves).sort(([a], [b]) => (a < b ? -1 : 1));
    return resultOf({
      ...{metrics: options.metrics, samples, durationMs, shards: fleet.shards},
      marks: this.trace.events,
      fromMs: before.atMs,
      movesByCause: Object.fromEntries(causes),
      mostMovesOfOne: Math.max(0, ...since(figures.movesOf, before.movesOf).map(([, n]) => n)),
      plans: figures.plans - before.plans,
      rounds: figures.rounds - before.rounds,
      unservedShardMs: figures.unservedShardMs - before.unservedShardMs,
      unservedAtEnd: fleet.unserved,
    });
  }

  private happen(): void {
    for (; ; this.at += 1) {
      const event = this.trace.events[this.at];
      if (event === undefined || event.atMs > this.fleet.elapsedMs) return;
      this.apply(event);
    }
  }

  private apply(event: TraceEvent): void {
    const {fleet, closed} = this;
    switch (event.event) {
      case 'join': {
        const {container, weight, capacity, zone, limits, version} = event;
        return fleet.join(container, given({weight, capacity, zone, limits, version}));
      }
      case 'leave':
        return fleet.leave(event.container);
      case 'loss':
        return fleet.kill(event.container);
      case 'drain':
      case 'cordon':
        closed.add(event.container);
        return fleet.order(event.container, event.event);
      case 'uncordon':
        closed.delete(event.container);
        return fleet.lift(event.container);
      case 'set': {
        const {container, weight, capacity, zone} = event;
        return fleet.override(container, given({weight, capacity, zone}));
      }
      case 'own':
        return fleet.own(event.container, event.shards);
      case 'add':
        for (const shard of event.shards) this.addTraced(shard);
        return;
      case 'remove':
        for (const shard of event.shards) fleet.removeShard(shard);
        return;
      case 'load':
        for (const [shard, loads] of Object.entries(event.loads)) this.load(shard, loads);
        return;
      case 'end':
    }
  }

  private addTraced({id, pin = '', ...terms}: TraceShard): void {
    // It may have been removed since the file was played.
    if (this.fleet.governor.view.shards.has(id)) return;
    this.add(id, this.declared.get(id) ?? {...(terms as object), manualContainerId: pin});
  }

  private add(id: string, terms: Partial<ShardSpec>): void {
    this.fleet.addShard(id, terms);
    this.take(id, terms.load ?? {});
  }

  private load(shard: string, loads: Loads): void {
    this.fleet.load(shard, loads);
    this.take(shard, loads);
  }

  private take(shard: string, loads: Loads): void {
    const before = this.taken.get(shard) ?? [];
    const {metrics} = this.options;
    const now = metrics.map((name, at) => ownNumber(loads, name) ?? before[at] ?? 0);
    this.taken.set(shard, now);
  }

  private sample(): void {
    const {fleet} = this;
    this.sampleAtMs += SAMPLE_EVERY_MS;
    const isFirst = this.baseline === undefined && this.isBegun();
    if (isFirst) this.baseline = this.counters();
    const unserved = Math.max(isFirst ? 0 : fleet.figures.unservedMost, fleet.unserved);
    fleet.figures.unservedMost = 0;
    const {counts, loads, containers} = this.imbalances();
    let moves = 0;
    for (const count of fleet.figures.moves.values()) moves += count;
    this.samples.push({atMs: fleet.elapsedMs, counts, loads, moves, unserved, containers});
  }

  private isBegun(): boolean {
    const {fromMs} = this.options;
    if (fromMs !== undefined) return this.fleet.elapsedMs >= fromMs;
    return this.fleet.unserved === 0 && this.fleet.shards > 0;
  }

  private counters(): Baseline {
    const {elapsedMs: atMs, figures} = this.fleet;
    const {unservedShardMs, plans, rounds, moves, movesOf} = figures;
    const copies = {moves: new Map(moves), movesOf: new Map(movesOf)};
    return {atMs, unservedShardMs, plans, rounds, ...copies};
  }

  /** Of the containers that live, are not to leave, and take shards: who goes gives all away anyhow. */
  private imbalances(): {counts: number; loads: number[]; containers: number} {
    const {view} = this.fleet.governor;
    const among = [...this.fleet.members.values()].filter(
      ({state, container}) => state === 'ready' && !this.closed.has(container),
    );
    const none = this.options.metrics.map(() => 0);
    const {levels} = balanceAmong(view, among, none.length + 1, (shard) => [
      1,
      ...(this.taken.get(shard) ?? none),
    ]);
    const [counts = 0, ...loads] = levels.map((level) => Math.max(0, level - 1));
    return {counts, loads, containers: among.length};
  }
}
