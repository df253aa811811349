/**
 * A governor with containers that do as they should: they beat, claim, add and drop within a given time, leave in order or die. Time is a number;
 * every run of a scenario is the same.
 */
import type {GovernorAction} from '../../src/governor/actions.ts';
import {Governor} from '../../src/governor/governor.ts';
import type {Heartbeat, HeartbeatState} from '../../src/model/container.ts';
import type {OwnershipRecord, Versioned} from '../../src/model/ownership.ts';
import type {AppSpec} from '../../src/model/specs.ts';
import type {AppStatus} from '../../src/model/status.ts';
import {claim, free, markReady} from '../../src/ownership/transitions.ts';
import {plan} from '../../src/planner/index.ts';

const TTL_MS = 10_000;
const BEAT_MS = 2_000;
const EPOCH = 1;
const STEP_MS = 250;

export interface FleetOptions {
  readonly shards: number;
  readonly addMs?: number;
  readonly dropMs?: number;
  readonly spec?: Partial<AppSpec>;
}

interface Member {
  readonly container: string;
  readonly incarnation: string;
  readonly version: string;
  state: HeartbeatState | 'dead';
  beatAtMs: number;
}

export class FleetBed {
  nowMs = 1_000_000;
  /** Adds that have ended, by shard. */
  readonly adds = new Map<string, number>();
  /** Highest of shards on one container to its even share, since `count` was called. */
  worst = 0;
  status: AppStatus | undefined;
  readonly governor: Governor;
  readonly members = new Map<string, Member>();
  private readonly due: {readonly atMs: number; readonly run: () => void}[] = [];
  private readonly addMs: number;
  private readonly dropMs: number;
  private revision = 100;
  private moves = 0;
  private incarnations = 0;
  /** Containers that the app shall have. */
  desired = 0;

  constructor({shards, addMs = 500, dropMs = 200, spec = {}}: FleetOptions) {
    this.addMs = addMs;
    this.dropMs = dropMs;
    const nextMoveId = (): string => `m${(this.moves += 1)}`;
    this.governor = new Governor(
      {app: 'app', governor: 'd1', epoch: EPOCH, plan, nextMoveId},
      this.nowMs,
    );
    const value = {service: 'app', createTime: 1, maxShardCount: 0, maxRecoveryTime: 10, ...spec};
    const mod = this.next();
    this.governor.listings.take(
      [{kind: 'spec', mod, entry: {value, mod, create: mod}}],
      mod,
      this.nowMs,
    );
    for (let at = 0; at < shards; at += 1) this.addShard(`s${at}`);
  }

  get shards(): number {
    return this.governor.view.shards.size;
  }

  /** Shards that a living container serves. */
  get served(): number {
    let served = 0;
    for (const {value} of this.governor.view.own.values())
      if (value.state === 'owned' && value.ready && this.alive(value.incarnation)) served += 1;
    return served;
  }

  get movesPerShard(): number {
    let adds = 0;
    for (const count of this.adds.values()) adds += count;
    return adds / this.shards;
  }

  get mostMoved(): number {
    return Math.max(0, ...this.adds.values());
  }

  /** Shards by container. */
  get counts(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const {container, incarnation, state} of this.members.values())
      if (state !== 'dead') counts[container] = this.governor.view.shardsOf(incarnation).size;
    return counts;
  }

  /** Counting begins here. */
  count(): void {
    this.adds.clear();
    this.worst = 0;
  }

  join(container: string, version = ''): void {
    this.incarnations += 1;
    const incarnation = `${container}-${this.incarnations}`;
    const member: Member = {container, incarnation, version, state: 'ready', beatAtMs: 0};
    this.members.set(incarnation, member);
    this.beat(member);
    const mod = this.next();
    this.governor.changed({kind: 'id', mod, container, incarnation}, this.nowMs);
  }

  /** It gives everything away and goes. */
  leave(container: string): void {
    const member = this.living(container);
    member.state = 'leaving';
    this.beat(member);
  }

  /** It says nothing any more and does nothing any more. */
  kill(container: string): void {
    this.living(container).state = 'dead';
  }

  drain(container: string, at: string): void {
    const mod = this.next();
    const value = {order: 'drain', reason: '', by: '', at, incarnation: '', keep: true} as const;
    const entry = {value, mod, create: mod};
    this.governor.changed({kind: 'order', mod, container, entry}, this.nowMs);
  }

  isGone(container: string): boolean {
    return ![...this.members.values()].some((one) => one.container === container);
  }

  pass(durationMs: number): void {
    const untilMs = this.nowMs + durationMs;
    while (this.nowMs < untilMs) this.step();
  }

  /** Goes on until the condition holds; the ms that took. */
  until(isMet: () => boolean, withinMs = 3_600_000): number {
    const startedMs = this.nowMs;
    while (!isMet()) {
      if (this.nowMs - startedMs > withinMs) throw new Error(`not within ${withinMs} ms`);
      this.step();
    }
    return this.nowMs - startedMs;
  }

  /** Until every shard is served and nothing is left to do. */
  rest(withinMs?: number): number {
    return this.until(() => this.served === this.shards && this.status?.settled === true, withinMs);
  }

  private step(): void {
    this.nowMs += STEP_MS;
    const now = this.due.filter(({atMs}) => atMs <= this.nowMs);
    const later = this.due.filter(({atMs}) => atMs > this.nowMs);
    this.due.splice(0, this.due.length, ...later);
    for (const {run} of now) run();
    for (const member of this.members.values()) this.live(member);
    this.governor.probeCommitted(this.nowMs);
    for (const action of this.governor.advance(this.nowMs, this.nowMs)) this.carryOut(action);
    this.weigh();
  }

  private live(member: Member): void {
    if (member.state === 'dead') return;
    if (this.nowMs - member.beatAtMs >= BEAT_MS) this.beat(member);
    if (member.state === 'leaving' && this.governor.view.shardsOf(member.incarnation).size === 0)
      this.go(member);
  }

  private go({container, incarnation}: Member): void {
    this.members.delete(incarnation);
    const mod = this.next();
    this.governor.changed({kind: 'heartbeat', mod, incarnation, entry: undefined}, this.nowMs);
    this.governor.changed({kind: 'id', mod, container, incarnation: undefined}, this.nowMs);
  }

  private weigh(): void {
    const share = this.shards / Math.max(1, this.desired);
    for (const held of Object.values(this.counts)) this.worst = Math.max(this.worst, held / share);
  }

  private beat(member: Member): void {
    const {container, incarnation, version, state} = member;
    if (state === 'dead') return;
    member.beatAtMs = this.nowMs;
    const mod = this.next();
    const value: Heartbeat = {
      ...{v: 1, container, ttlMs: TTL_MS, endpoint: `${container}:1`, host: container, pid: 1},
      ...{bootId: '', zone: '', labels: {}, version, sdk: ''},
      ...{seq: mod, nonce: '', state},
    };
    const create = this.governor.view.heartbeats.get(incarnation)?.create ?? mod;
    const entry = {value, mod, create};
    this.governor.changed({kind: 'heartbeat', mod, incarnation, entry}, this.nowMs);
  }

  private carryOut(action: GovernorAction): void {
    if (action.type === 'status') this.status = action.status;
    if (action.type === 'evict') {
      const member = this.members.get(action.incarnation);
      if (member !== undefined) this.go(member);
    }
    if (action.type !== 'write') return;
    const {shard, record} = action.transition;
    const revision = this.next();
    this.governor.answered(shard, action.op, {kind: 'committed', revision}, this.nowMs);
    if (record?.state === 'assigned') this.later(this.addMs, () => this.added(shard, record));
    if (record?.state === 'dropping') this.later(this.dropMs, () => this.dropped(shard, record));
  }

  private added(shard: string, {incarnation}: OwnershipRecord): void {
    const known = this.governor.view.own.get(shard);
    if (known?.value.state !== 'assigned' || known.value.incarnation !== incarnation) return;
    if (!this.alive(incarnation)) return;
    const {container} = known.value;
    const create = this.governor.view.heartbeats.get(incarnation)?.create ?? 0;
    const me = {container, incarnation, create};
    const claimed = this.commit(shard, claim(shard, known, me, 0, false).record);
    this.commit(shard, markReady(shard, claimed, me, EPOCH).record);
    this.adds.set(shard, (this.adds.get(shard) ?? 0) + 1);
  }

  private dropped(shard: string, {incarnation}: OwnershipRecord): void {
    const known = this.governor.view.own.get(shard);
    if (known?.value.state !== 'dropping' || known.value.incarnation !== incarnation) return;
    if (this.alive(incarnation)) this.commit(shard, free(shard, known, undefined).record);
  }

  private alive(incarnation: string): boolean {
    const state = this.members.get(incarnation)?.state;
    return state !== undefined && state !== 'dead';
  }

  private living(container: string): Member {
    for (const one of this.members.values())
      if (one.container === container && one.state === 'ready') return one;
    throw new Error(`${container} does not live`);
  }

  private later(waitMs: number, run: () => void): void {
    this.due.push({atMs: this.nowMs + waitMs, run});
  }

  private commit(shard: string, value: OwnershipRecord | null): Versioned<OwnershipRecord> {
    if (value === null) throw new Error('a deletion is not a claim');
    const mod = this.next();
    const entry = {value, mod, create: this.governor.view.own.get(shard)?.create ?? mod};
    this.governor.changed({kind: 'own', mod, shard, entry}, this.nowMs);
    return entry;
  }

  private addShard(id: string): void {
    const mod = this.next();
    const value = {
      ...{id, service: 'app', task: '', updateTime: 1},
      ...{manualContainerId: '', group: '', workerGroup: ''},
    };
    const entry = {value, mod, create: mod};
    this.governor.changed({kind: 'shard', mod, shard: id, entry}, this.nowMs);
  }

  private next(): number {
    this.revision += 1;
    return this.revision;
  }
}
