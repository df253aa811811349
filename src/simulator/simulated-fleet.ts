/**
 * A governor as daemons run it, with containers that do as they should: they beat, claim, add and drop within a given time, say what their
 * shards take, leave in order or die. Time is a number; every run of the same calls is the same. Pure.
 */
import type {GovernorAction} from '../governor/actions.ts';
import {Governor} from '../governor/governor.ts';
import type {ContainerOverride} from '../model/container-share.ts';
import type {Heartbeat, HeartbeatState} from '../model/container.ts';
import type {OwnershipRecord, RecordChange, Versioned} from '../model/ownership.ts';
import type {PlacementSnapshot, Plan} from '../model/placement.ts';
import type {AppSpec, ContainerOrder, ShardSpec} from '../model/specs.ts';
import type {AppStatus} from '../model/status.ts';
import {assign, claim, free, markReady} from '../ownership/transitions.ts';
import {plan} from '../planner/index.ts';
import {FleetFigures} from './fleet-figures.ts';
import {
  ADD_DEFAULT_MS,
  DROP_DEFAULT_MS,
  FIRST_MS,
  IDLE_STEP_MS,
  REPORT_EVERY_MS,
  REPORT_PHASE_FACTOR,
  STEP_MS,
} from './limits.ts';
import type {Loads, TraceContainer} from './trace.ts';
import {HEARTBEATS_PER_TTL, MAX_RECOVERY_TIME_DEFAULT_S, TTL_DEFAULT_MS} from '../model/limits.ts';

const EPOCH = 1;
const APP = 'app';

export interface FleetOptions {
  /** What differs from an app with every default. */
  readonly spec?: Partial<AppSpec>;
  readonly addMs?: number;
  readonly dropMs?: number;
  readonly ttlMs?: number;
}

export interface FleetMember {
  readonly container: string;
  readonly incarnation: string;
  readonly registered: TraceContainer;
  state: HeartbeatState | 'dead';
  beatAtMs: number;
  reportAtMs: number;
  /** Shards that it serves. */
  served: number;
}

export class SimulatedFleet {
  nowMs = FIRST_MS;
  /** By incarnation, those that have not been taken out. */
  readonly members = new Map<string, FleetMember>();
  readonly figures = new FleetFigures();
  status: AppStatus | undefined;
  readonly governor: Governor;
  private readonly addMs: number;
  private readonly dropMs: number;
  private readonly ttlMs: number;
  private readonly due = new Map<number, (() => void)[]>();
  /** Containers whose id is still taken. */
  private readonly waiting = new Map<string, TraceContainer>();
  private readonly loads = new Map<string, Loads>();
  private revision = 100;
  private moveIds = 0;
  private incarnations = 0;
  /** Something has changed since the governor looked. */
  private isNews = true;

  constructor({spec = {}, ...times}: FleetOptions) {
    this.addMs = times.addMs ?? ADD_DEFAULT_MS;
    this.dropMs = times.dropMs ?? DROP_DEFAULT_MS;
    this.ttlMs = times.ttlMs ?? TTL_DEFAULT_MS;
    const nextMoveId = (): string => `m${(this.moveIds += 1)}`;
    const counted = (snapshot: PlacementSnapshot): Plan => this.planned(snapshot);
    this.governor = new Governor(
      {app: APP, governor: 'd1', epoch: EPOCH, plan: counted, nextMoveId},
      this.nowMs,
    );
    const value = {
      service: APP,
      createTime: 1,
      maxShardCount: 0,
      maxRecoveryTime: MAX_RECOVERY_TIME_DEFAULT_S,
      ...spec,
    };
    const mod = this.next();
    const change = {kind: 'spec', mod, entry: {value, mod, create: mod}} as const;
    this.governor.listings.take([change], mod, this.nowMs);
  }

  get shards(): number {
    return this.governor.view.shards.size;
  }

  /** Shards that a living container serves. */
  get served(): number {
    let served = 0;
    for (const member of this.members.values()) if (isAlive(member)) served += member.served;
    return served;
  }

  get unserved(): number {
    return Math.max(0, this.shards - this.served);
  }

  /** Ms since time began. */
  get elapsedMs(): number {
    return this.nowMs - FIRST_MS;
  }

  addShard(id: string, terms: Partial<ShardSpec> = {}): void {
    const mod = this.next();
    const value: ShardSpec = {
      ...{id, service: APP, task: '', updateTime: 1},
      ...{manualContainerId: '', group: '', workerGroup: ''},
      ...terms,
    };
    this.change({kind: 'shard', mod, shard: id, entry: {value, mod, create: mod}});
  }

  removeShard(shard: string): void {
    this.loads.delete(shard);
    this.change({kind: 'shard', mod: this.next(), shard, entry: undefined});
  }

  putInto(workerGroup: string, container: string): void {
    this.change({kind: 'worker', mod: this.next(), workerGroup, container, present: true});
  }

  /** A process comes up; where the id is taken it waits for it. */
  join(container: string, registered: TraceContainer = {}): void {
    if (this.governor.view.ids.has(container)) return void this.waiting.set(container, registered);
    this.incarnations += 1;
    const incarnation = `${container}-${this.incarnations}`;
    const phase = (this.incarnations * REPORT_PHASE_FACTOR) % 1;
    const reportAtMs = this.nowMs + phase * REPORT_EVERY_MS;
    const times = {beatAtMs: 0, reportAtMs, served: 0};
    const member: FleetMember = {container, incarnation, registered, state: 'ready', ...times};
    this.members.set(incarnation, member);
    this.beat(member);
    this.change({kind: 'id', mod: this.next(), container, incarnation});
  }

  /** It gives everything away and goes. */
  leave(container: string): void {
    if (this.waiting.delete(container)) return;
    const member = this.running(container);
    member.state = 'leaving';
    this.beat(member);
  }

  /** It says nothing any more and does nothing any more. */
  kill(container: string): void {
    if (this.waiting.delete(container)) return;
    this.running(container).state = 'dead';
  }

  /** `at`: when it was ordered, RFC 3339. */
  order(container: string, order: ContainerOrder['order'], at = this.wallTime): void {
    const mod = this.next();
    const value = {order, reason: '', by: '', at, incarnation: '', keep: true};
    this.change({kind: 'order', mod, container, entry: {value, mod, create: mod}});
  }

  /** Takes the order back. */
  lift(container: string): void {
    this.change({kind: 'order', mod: this.next(), container, entry: undefined});
  }

  override(container: string, said: Partial<ContainerOverride>): void {
    const mod = this.next();
    const value = {reason: '', by: '', at: this.wallTime, ...said};
    this.change({kind: 'override', mod, container, entry: {value, mod, create: mod}});
  }

  /** The container has these shards, and has had them for long. */
  own(container: string, shards: readonly string[]): void {
    const {incarnation} = this.running(container);
    const move = {id: '', from: '', to: container, why: '', startedAt: ''};
    const to = {container, incarnation, move, taskVersion: 0};
    const me = {container, incarnation, create: this.createOf(incarnation)};
    for (const shard of shards) {
      const assigned = this.commit(shard, assign(shard, undefined, to).record);
      const claimed = this.commit(shard, claim(shard, assigned, me, 0, false).record);
      this.commit(shard, markReady(shard, claimed, me, EPOCH).record);
    }
  }

  /** The shard takes so much from now on, as containers report it. */
  load(shard: string, loads: Loads): void {
    this.loads.set(shard, {...this.loads.get(shard), ...loads});
  }

  pass(durationMs: number): void {
    const untilMs = this.nowMs + durationMs;
    while (this.nowMs < untilMs) this.step(untilMs);
  }

  /** One turn: time goes on to what is due next, at most to the step behind `limitMs`. */
  protected step(limitMs: number): void {
    const beforeMs = this.nowMs;
    const {unserved} = this;
    this.nowMs = this.nextMs(limitMs);
    this.figures.unserved(unserved, this.nowMs - beforeMs);
    this.isNews = false;
    const due = this.due.get(this.nowMs) ?? [];
    this.due.delete(this.nowMs);
    for (const run of due) run();
    for (const member of this.members.values()) this.live(member);
    this.governor.probeCommitted(this.nowMs);
    for (const action of this.governor.advance(this.nowMs, this.nowMs)) this.carryOut(action);
  }

  private nextMs(limitMs: number): number {
    const soonest = this.nowMs + STEP_MS;
    if (this.isNews) return soonest;
    let next = Math.min(limitMs, this.nowMs + IDLE_STEP_MS, this.governor.wakeAtMs(this.nowMs));
    for (const atMs of this.due.keys()) next = Math.min(next, atMs);
    for (const member of this.members.values())
      if (isAlive(member)) next = Math.min(next, member.beatAtMs + this.beatEveryMs);
    return Math.max(soonest, onStep(next));
  }

  private get beatEveryMs(): number {
    return this.ttlMs / HEARTBEATS_PER_TTL;
  }

  private get wallTime(): string {
    return new Date(this.nowMs).toISOString();
  }

  private live(member: FleetMember): void {
    if (!isAlive(member)) return;
    if (this.nowMs - member.beatAtMs >= this.beatEveryMs) this.beat(member);
    if (this.nowMs >= member.reportAtMs) this.report(member);
    if (member.state === 'leaving' && this.governor.view.shardsOf(member.incarnation).size === 0)
      this.go(member);
  }

  private report(member: FleetMember): void {
    member.reportAtMs += REPORT_EVERY_MS;
    const {incarnation} = member;
    const {loads, view} = this.governor;
    if (!loads.areWanted || this.loads.size === 0) return;
    const shards = new Map<string, Loads>();
    for (const shard of view.shardsOf(incarnation)) {
      const said = this.loads.get(shard);
      if (said !== undefined && view.own.get(shard)?.value.ready) shards.set(shard, said);
    }
    loads.said(incarnation, {shards, own: {}, faults: {}}, this.nowMs);
  }

  private go({container, incarnation}: FleetMember): void {
    this.members.delete(incarnation);
    this.change({kind: 'heartbeat', mod: this.next(), incarnation, entry: undefined});
    this.change({kind: 'id', mod: this.next(), container, incarnation: undefined});
    const waiting = this.waiting.get(container);
    if (waiting === undefined) return;
    this.waiting.delete(container);
    this.join(container, waiting);
  }

  private beat(member: FleetMember): void {
    const {container, incarnation, registered, state} = member;
    if (state === 'dead') return;
    member.beatAtMs = this.nowMs;
    const mod = this.next();
    const {zone = '', version = ''} = registered;
    const value: Heartbeat = {
      ...{v: 1, container, ttlMs: this.ttlMs, endpoint: `${container}:1`, host: container, pid: 1},
      ...{bootId: '', zone, labels: {}, version, sdk: '', seq: mod, nonce: '', state},
      ...registered,
    };
    const create = this.createOf(incarnation) || mod;
    this.change({kind: 'heartbeat', mod, incarnation, entry: {value, mod, create}});
  }

  private carryOut(action: GovernorAction): void {
    if (action.type === 'status') this.status = action.status;
    if (action.type === 'evict') {
      const member = this.members.get(action.incarnation);
      if (member !== undefined) this.go(member);
    }
    if (action.type !== 'write') return;
    const {shard, record} = action.transition;
    const before = this.governor.view.own.get(shard)?.value;
    const revision = this.next();
    this.governor.answered(shard, action.op, {kind: 'committed', revision}, this.nowMs);
    this.isNews = true;
    this.noteOwn({shard, before, after: record ?? undefined});
    if (record?.state === 'assigned') this.later(this.addMs, () => this.added(shard, record));
    if (record?.state === 'dropping') this.later(this.dropMs, () => this.dropped(shard, record));
  }

  private added(shard: string, {incarnation}: OwnershipRecord): void {
    const known = this.governor.view.own.get(shard);
    if (known?.value.state !== 'assigned' || known.value.incarnation !== incarnation) return;
    if (!this.isAliveNow(incarnation)) return;
    const {container} = known.value;
    const me = {container, incarnation, create: this.createOf(incarnation)};
    const claimed = this.commit(shard, claim(shard, known, me, 0, false).record);
    this.commit(shard, markReady(shard, claimed, me, EPOCH).record);
    this.figures.added(shard);
  }

  private dropped(shard: string, {incarnation}: OwnershipRecord): void {
    const known = this.governor.view.own.get(shard);
    if (known?.value.state !== 'dropping' || known.value.incarnation !== incarnation) return;
    if (this.isAliveNow(incarnation)) this.commit(shard, free(shard, known, undefined).record);
  }

  /** What its containers serve, and whether a move has ended. */
  private noteOwn(change: RecordChange): void {
    for (const [record, by] of [
      [change.before, -1],
      [change.after, 1],
    ] as const) {
      const member = isServed(record) ? this.members.get(record.incarnation) : undefined;
      if (member !== undefined) member.served += by;
    }
    this.figures.changed(change);
  }

  private planned(snapshot: PlacementSnapshot): Plan {
    const made = plan(snapshot);
    this.figures.planned(made);
    return made;
  }

  private isAliveNow(incarnation: string): boolean {
    const member = this.members.get(incarnation);
    return member !== undefined && isAlive(member);
  }

  private running(container: string): FleetMember {
    for (const one of this.members.values())
      if (one.container === container && one.state === 'ready') return one;
    throw new Error(`${container} does not live`);
  }

  private createOf(incarnation: string): number {
    return this.governor.view.heartbeats.get(incarnation)?.create ?? 0;
  }

  private later(waitMs: number, run: () => void): void {
    const atMs = onStep(this.nowMs + waitMs);
    const known = this.due.get(atMs);
    if (known === undefined) this.due.set(atMs, [run]);
    else known.push(run);
  }

  private commit(shard: string, value: OwnershipRecord | null): Versioned<OwnershipRecord> {
    if (value === null) throw new Error('a deletion is not a claim');
    const mod = this.next();
    const known = this.governor.view.own.get(shard);
    const entry = {value, mod, create: known?.create ?? mod};
    this.change({kind: 'own', mod, shard, entry});
    this.noteOwn({shard, before: known?.value, after: value});
    return entry;
  }

  private change(change: Parameters<Governor['changed']>[0]): void {
    if (this.governor.changed(change, this.nowMs)) this.isNews = true;
  }

  private next(): number {
    this.revision += 1;
    return this.revision;
  }
}

function isAlive({state}: FleetMember): boolean {
  return state !== 'dead';
}

function isServed(record: OwnershipRecord | undefined): record is OwnershipRecord {
  return record?.state === 'owned' && record.ready;
}

/** The step at which something of that time is done. */
function onStep(atMs: number): number {
  return Math.ceil(atMs / STEP_MS) * STEP_MS;
}
