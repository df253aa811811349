/** A governor alone: time is a number, the store commits what the test lets it commit, containers claim when the test says so. */
import type {GovernorAction, GovernorAnswer} from '../../src/governor/actions.ts';
import type {Eviction} from '../../src/governor/eviction.ts';
import type {AppView} from '../../src/appstate/app-view.ts';
import type {GovernorOptions} from '../../src/governor/governor-options.ts';
import {Governor} from '../../src/governor/governor.ts';
import type {ContainerOverride} from '../../src/model/container-share.ts';
import type {AppChange} from '../../src/model/change.ts';
import type {Heartbeat, HeartbeatState} from '../../src/model/container.ts';
import type {OwnershipRecord} from '../../src/model/ownership.ts';
import type {AppSpec, ShardSpec} from '../../src/model/specs.ts';
import type {AppStatus} from '../../src/model/status.ts';
import type {FailureDetector} from '../../src/ownership/failure-detector.ts';
import {claim, free, markReady} from '../../src/ownership/transitions.ts';
import {plan} from '../../src/planner/index.ts';
import type {RowBatch} from '../../src/planner/warm-table.ts';
import {WarmPlanners} from '../../src/server/warm-planners.ts';

export const TTL_MS = 10_000;
const EPOCH = 1;
const PLANS_BESIDE = process.env['SM_TEST_PLANS_BESIDE'] === '1';
/** Far below every wait there is. */
const STEP_MS = 100;

export interface BedOptions {
  readonly maxRecoveryTime?: number;
  readonly maxShardCount?: number;
  readonly maxMoving?: number;
  /** Whether the first listing is there. Default true. */
  readonly listed?: boolean;
  /** Plans are asked for and answered later, as for large apps. Default: as `SM_TEST_PLANS_BESIDE=1` says. */
  readonly plansBeside?: boolean;
  /** Shared, as that of the leader's election: it hears of each heartbeat before the governor does. */
  readonly failureDetector?: FailureDetector;
}

/** What the store says of a write: it commits, it is refused because somebody was first, or nobody knows. */
export type Fate = 'commits' | 'refused' | 'unknown';

export class GovernorBed {
  nowMs = 1_000_000;
  /** Hints sent so far. */
  hints = 0;
  /** What the governor wrote, newest last. */
  readonly writes: Extract<GovernorAction, {type: 'write'}>[] = [];
  readonly evictions: Eviction[] = [];
  /** Calls that only ask whether somebody is there, as [container, when], newest last. */
  readonly calls: [string, number][] = [];
  /** Shards that the governor wants to read. */
  readonly rereads: string[] = [];
  status: AppStatus | undefined;
  /** Summaries of loads so far. */
  summaries = 0;
  /** Ms of a container's clock for one of the governor's; heartbeats of others do not tell the time. */
  readonly clockRates = new Map<string, number>();
  /** Steps of the app's removal, oldest first. */
  readonly removals: ('deleteSpecs' | 'finishRemoval')[] = [];
  governor: Governor;
  /** Plans that were asked for and not answered yet. */
  readonly questions: Extract<GovernorAction, {type: 'plan'}>[] = [];
  /** Whoever plans beside is told this. */
  onRows: (batch: RowBatch) => void = () => undefined;
  /** Whether they are answered at the end of the turn, and acted on at once. */
  answersAtOnce = true;
  private readonly planners = new WarmPlanners();
  private readonly options: Omit<GovernorOptions, 'governor' | 'epoch'>;
  private epoch = EPOCH;
  private revision = 100;
  private moves = 0;

  constructor(
    shards: readonly string[],
    {listed = true, plansBeside = PLANS_BESIDE, failureDetector, ...limits}: BedOptions = {},
  ) {
    const nextMoveId = (): string => `m${(this.moves += 1)}`;
    const plansBesideFrom = plansBeside ? 0 : undefined;
    this.options = {app: 'app', plan, nextMoveId, plansBesideFrom, failureDetector};
    this.governor = new Governor({...this.options, governor: 'd1', epoch: EPOCH}, this.nowMs);
    const spec = {service: 'app', createTime: 1, maxShardCount: 0, maxRecoveryTime: 0, ...limits};
    const mod = this.next();
    const change = {kind: 'spec', mod, entry: {value: spec, mod, create: mod}} as const;
    if (listed) this.governor.listings.take([change], mod, this.nowMs);
    else this.governor.changed(change, this.nowMs);
    for (const shard of shards) this.addShard(shard);
  }

  /** Another daemon governs from now on: it knows what the store has, and nothing else. */
  takeOver(stored: readonly AppChange[]): void {
    this.losePlanner();
    const epoch = (this.epoch += 1);
    this.governor = new Governor({...this.options, governor: `d${epoch}`, epoch}, this.nowMs);
    this.governor.listings.take(stored, this.next(), this.nowMs);
  }

  get own(): AppView['own'] {
    return this.governor.view.own;
  }

  /** Rewrites the app's spec. */
  respec(over: Partial<AppSpec>): void {
    const known = this.governor.view.spec?.value;
    if (known === undefined) throw new Error('the app has no spec');
    const mod = this.next();
    const entry = {value: {...known, ...over}, mod, create: mod};
    this.governor.changed({kind: 'spec', mod, entry}, this.nowMs);
  }

  /** The app's spec is gone. */
  unspec(): void {
    this.governor.changed({kind: 'spec', mod: this.next(), entry: undefined}, this.nowMs);
  }

  /** Every container renews its heartbeat. */
  beatAll(): void {
    for (const [incarnation, {value, create}] of [...this.governor.view.heartbeats]) {
      const mod = this.next();
      const entry = {value: {...value, seq: mod}, mod, create};
      this.governor.changed({kind: 'heartbeat', mod, incarnation, entry}, this.nowMs);
    }
  }

  order(
    container: string,
    order: 'cordon' | 'drain',
    over: {maxMoving?: number; at?: string} = {},
  ): void {
    const mod = this.next();
    const value = {order, reason: '', by: '', at: '', incarnation: '', keep: true, ...over};
    const entry = {value, mod, create: mod};
    this.governor.changed({kind: 'order', mod, container, entry}, this.nowMs);
  }

  /** An operator's word on the container's share; undefined: it is taken back. */
  override(container: string, said: Partial<ContainerOverride> | undefined): void {
    const mod = this.next();
    const value = {reason: '', by: '', at: '', ...said};
    const entry = said === undefined ? undefined : {value, mod, create: mod};
    this.governor.changed({kind: 'override', mod, container, entry}, this.nowMs);
  }

  /** The operator's word is taken back. */
  lift(container: string): void {
    const lifted = {kind: 'order', mod: this.next(), container, entry: undefined} as const;
    this.governor.changed(lifted, this.nowMs);
  }

  /** Writes the shard's spec. */
  addShard(shard: string, over: Partial<ShardSpec> = {}): void {
    const mod = this.next();
    const value: ShardSpec = {
      ...{id: shard, service: 'app', task: '', updateTime: 1},
      ...{manualContainerId: '', group: '', workerGroup: ''},
      ...over,
    };
    const create = this.governor.view.shards.get(shard)?.create ?? mod;
    this.governor.changed({kind: 'shard', mod, shard, entry: {value, mod, create}}, this.nowMs);
  }

  removeShard(shard: string): void {
    this.governor.changed({kind: 'shard', mod: this.next(), shard, entry: undefined}, this.nowMs);
  }

  /** The container's heartbeat and id are gone. */
  end(container: string): void {
    const incarnation = `${container}-inc`;
    const gone = {mod: this.next(), entry: undefined};
    this.governor.changed({kind: 'heartbeat', incarnation, ...gone}, this.nowMs);
    const id = {kind: 'id', mod: this.next(), container, incarnation: undefined} as const;
    this.governor.changed(id, this.nowMs);
  }

  /** A value that cannot be read is written, or was at `mod`. */
  corrupt(what: 'heartbeat' | 'order', id: string, problem: string, mod = this.next()): number {
    this.governor.changed({kind: 'corrupt', mod, what, id, problem}, this.nowMs);
    return mod;
  }

  /** The container id is taken by this incarnation. */
  holdsId(container: string, incarnation: string): void {
    this.governor.changed({kind: 'id', mod: this.next(), container, incarnation}, this.nowMs);
  }

  /** A call to the container succeeds. */
  reached(container: string): void {
    this.contacted(container, undefined);
  }

  /** A call to the container succeeds, or fails by that cause. */
  contacted(container: string, failure: string | undefined): void {
    this.governor.contacted(`${container}-inc`, failure, this.nowMs);
  }

  join(container: string): void {
    this.beat(container);
    this.holdsId(container, `${container}-inc`);
  }

  /** The container's heartbeat, or that of an incarnation of its own. */
  beat(
    container: string,
    state: HeartbeatState = 'ready',
    incarnation = `${container}-inc`,
    ttlMs = TTL_MS,
    host = this.governor.view.heartbeats.get(incarnation)?.value.host ?? container,
  ): number {
    return this.heard(container, incarnation, {state, ttlMs, host}).mod;
  }

  /** The same; whether the governor has something to look at. */
  heard(
    container: string,
    incarnation = `${container}-inc`,
    over: Partial<Heartbeat> = {},
  ): {mod: number; isNews: boolean} {
    const mod = this.next();
    const value: Heartbeat = {
      ...{v: 1, container, ttlMs: TTL_MS, endpoint: `${container}:1`, host: container, pid: 1},
      ...{bootId: '', zone: '', labels: {}, version: '', sdk: ''},
      ...{seq: mod, nonce: '', state: 'ready', ...over},
    };
    const rate = this.clockRates.get(container);
    if (rate !== undefined) value.sentAtMs = rate * this.nowMs;
    const create = this.governor.view.heartbeats.get(incarnation)?.create ?? mod;
    const entry = {value, mod, create};
    const change = {kind: 'heartbeat', mod, incarnation, entry} as const;
    this.options.failureDetector?.observe(incarnation, mod, TTL_MS, this.nowMs, value.sentAtMs);
    return {mod, isNews: this.governor.changed(change, this.nowMs)};
  }

  /** The store carries the eviction out. */
  evicted({incarnation, container, idOf}: Eviction): void {
    const mod = this.next();
    this.governor.changed({kind: 'heartbeat', mod, incarnation, entry: undefined}, this.nowMs);
    if (idOf === 'own')
      this.governor.changed({kind: 'id', mod, container, incarnation: undefined}, this.nowMs);
  }

  /** So many ms pass, in small steps; these containers go on beating, the others say nothing. */
  pass(durationMs: number, beating: readonly string[] = []): void {
    const untilMs = this.nowMs + durationMs;
    while (this.nowMs < untilMs) {
      for (const container of beating) this.beat(container);
      this.turn(Math.min(STEP_MS, untilMs - this.nowMs));
    }
  }

  /** Goes on by so many ms and takes the governor's next turn. */
  turn(afterMs = 1, fateOf: (shard: string) => Fate = () => 'commits', probes = true): void {
    this.nowMs += afterMs;
    if (probes) this.governor.probeCommitted(this.nowMs);
    this.advance(fateOf);
    if (!this.answersAtOnce || this.questions.length === 0) return;
    while (this.questions.length > 0) this.answerPlan();
    // As daemons do: a turn follows the answer.
    this.advance(fateOf);
  }

  private advance(fateOf: (shard: string) => Fate): void {
    for (const action of this.governor.advance(this.nowMs, this.nowMs))
      this.carryOut(action, fateOf);
  }

  /** Answers the oldest question, by its number or by another. */
  answerPlan(generation = this.questions[0]?.generation ?? 0): void {
    const question = this.questions.shift();
    if (question === undefined) throw new Error('no plan was asked for');
    this.governor.planned(generation, this.planners.plan(0, question.terms), this.nowMs);
  }

  /** Whoever plans beside has ended, and nobody answers what was asked. */
  losePlanner(isForGood = false): void {
    this.questions.length = 0;
    this.planners.close(0);
    this.governor.planning.lost(isForGood);
  }

  private carryOut(action: GovernorAction, fateOf: (shard: string) => Fate): void {
    if (action.type === 'hints') this.hints += action.items.length;
    if (action.type === 'call') this.calls.push([action.container, this.nowMs]);
    if (action.type === 'evict') this.evictions.push(action);
    if (action.type === 'loads') this.summaries += 1;
    if (action.type === 'status') this.status = action.status;
    if (action.type === 'deleteSpecs' || action.type === 'finishRemoval')
      this.removals.push(action.type);
    if (action.type === 'reread') this.rereads.push(action.shard);
    if (action.type === 'sendRows') {
      this.planners.update(0, structuredClone(action.batch));
      this.onRows(action.batch);
    }
    if (action.type === 'plan') this.questions.push(structuredClone(action));
    if (action.type !== 'write') return;
    this.writes.push(action);
    const {shard} = action.transition;
    const answer = this.answer(shard, fateOf(shard));
    for (const next of this.governor.answered(shard, action.op, answer, this.nowMs))
      this.carryOut(next, fateOf);
  }

  /** Refused: the container was first with a write of its own. */
  private answer(shard: string, fate: Fate): GovernorAnswer {
    if (fate === 'unknown') return {kind: 'unknown'};
    const mod = this.next();
    if (fate === 'commits') return {kind: 'committed', revision: mod};
    const known = this.governor.view.own.get(shard);
    const ready = known?.value.state === 'owned';
    const entry = known && {...known, mod, value: {...known.value, ready}};
    return {kind: 'refused', own: {kind: 'own', mod, shard, entry}};
  }

  /** Takes turns until the governor wants to sleep for longer than a moment. */
  settle(): void {
    for (let turns = 0; turns < 10_000; turns += 1) {
      this.turn();
      const waitMs = this.governor.wakeAtMs(this.nowMs) - this.nowMs;
      if (waitMs > 5) return;
    }
    throw new Error('the governor never rests');
  }

  /** Shards that are assigned to the container and not claimed. */
  unclaimed(container: string): string[] {
    return [...this.own]
      .filter(([, {value}]) => value.state === 'assigned' && value.container === container)
      .map(([shard]) => shard);
  }

  /** The container claims the shards and, unless told otherwise, makes them ready. */
  claim(shards: readonly string[], ready = true): void {
    for (const shard of shards) {
      const [known, me] = this.held(shard);
      const taskVersion = this.governor.view.shards.get(shard)?.value.taskVersion ?? 0;
      this.commit(shard, claim(shard, known, me, taskVersion, false).record);
      if (ready) this.ready(shard);
    }
  }

  /** The container that has claimed the shard makes it ready. */
  ready(shard: string): void {
    const [known, me] = this.held(shard);
    this.commit(shard, markReady(shard, known, me, this.epoch).record);
  }

  /** The container lets the shards go, with what it says of a failed add. */
  free(shards: readonly string[], failure?: string): void {
    for (const shard of shards) {
      const [known] = this.held(shard);
      const failed = failure === undefined ? undefined : {message: failure};
      this.commit(shard, free(shard, known, failed).record);
    }
  }

  /** A shard of its own becomes ready at the container, and is removed. */
  prove(container: string): void {
    const shard = `proof-${container}`;
    this.addShard(shard, {manualContainerId: container});
    this.settle();
    this.claim([shard]);
    this.removeShard(shard);
    this.settle();
    this.free([shard]);
    this.settle();
  }

  /** Where each shard is, as `state container`. */
  get places(): Record<string, string> {
    return Object.fromEntries(
      [...this.own].map(([shard, {value}]) => [shard, `${value.state} ${value.container}`]),
    );
  }

  private held(shard: string) {
    const known = this.governor.view.own.get(shard);
    if (known === undefined) throw new Error(`${shard} has no record`);
    const {container, incarnation} = known.value;
    const create = this.governor.view.heartbeats.get(incarnation)?.create ?? 0;
    return [known, {container, incarnation, create}] as const;
  }

  /** Somebody has written this record. */
  record(shard: string, value: OwnershipRecord): void {
    this.commit(shard, value);
  }

  private commit(
    shard: string,
    value: OwnershipRecord | null,
  ): {value: OwnershipRecord; mod: number; create: number} {
    if (value === null) throw new Error('a deletion is not a claim');
    const mod = this.next();
    const entry = {value, mod, create: this.governor.view.own.get(shard)?.create ?? mod};
    this.governor.changed({kind: 'own', mod, shard, entry}, this.nowMs);
    return entry;
  }

  /** The revision of another write. */
  next(): number {
    this.revision += 1;
    return this.revision;
  }
}
