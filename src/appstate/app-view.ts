/**
 * What is known of an app: every key at the newest revision seen, with the indexes that make one event cheap.
 * Older news about a key than what is known is ignored, so answers of own writes and watch events may come in any order.
 */
import type {AppChange, CorruptChange, IdHolder} from '../model/change.ts';
import type {ContainerOverride} from '../model/container-share.ts';
import {unreadableHeartbeat} from '../model/container.ts';
import type {Heartbeat} from '../model/container.ts';
import type {OwnershipRecord, Versioned} from '../model/ownership.ts';
import {UNREADABLE_ORDER} from '../model/specs.ts';
import type {AppSpec, ContainerOrder, ShardSpec} from '../model/specs.ts';
import type {AcceptedRestore} from '../model/status.ts';
import type {StopPermissions} from '../model/stop-permission.ts';
import {COPIED_PER_STEP} from './limits.ts';
import {ListingMarks, listedKey} from './listing-marks.ts';
import {Quarantine, contradiction} from './quarantine.ts';
import {ShardRows} from './shard-rows.ts';
import {ShardValues} from './shard-values.ts';
import {SpecTally} from './spec-tally.ts';
import {SpreadKeys} from './spread-keys.ts';
import {StateTally} from './state-tally.ts';

type ReadableChange = Exclude<AppChange, CorruptChange>;
type IdChange = Extract<AppChange, {kind: 'id'}>;

const NOTHING: ReadonlySet<string> = new Set();

/** What is known of one shard. */
export interface KnownShard {
  readonly id: string;
  readonly spec: Versioned<ShardSpec> | undefined;
  readonly own: Versioned<OwnershipRecord> | undefined;
}

/** What a push container says that it runs. */
interface SessionShards {
  readonly incarnation: string;
  readonly shards: ReadonlySet<string>;
}

export class AppView {
  spec: Versioned<AppSpec> | undefined;
  /** Permissions to stop containers, also those that count no more; undefined: none was ever given. */
  stops: Versioned<StopPermissions> | undefined;
  /** The last restore of etcd that was accepted, where whoever keeps the view has said so. */
  accepted: AcceptedRestore | undefined;
  readonly rows = new ShardRows();
  readonly shards = new ShardValues<ShardSpec>(this.rows, (row) => this.freed(row));
  /** How much the specs of `shards` take. */
  readonly specs = new SpecTally();
  /** Which of `shards` have one spread key. */
  readonly spreadKeys = new SpreadKeys();
  /** Which states the shards are in by their records. */
  readonly states = new StateTally();
  readonly pools = new Map<string, Set<string>>();
  /** One that cannot be read counts as a cordon. */
  readonly orders = new Map<string, Versioned<ContainerOrder>>();
  /** One that cannot be read is not here: what the container registered with counts. */
  readonly overrides = new Map<string, Versioned<ContainerOverride>>();
  /** One that cannot be read is here all the same, with the longest T there is: see `heartbeatProblem`. */
  readonly heartbeats = new Map<string, Versioned<Heartbeat>>();
  readonly ids = new Map<string, IdHolder>();
  readonly own = new ShardValues<OwnershipRecord>(this.rows, (row) => this.freed(row));
  /** Values that could not be read. */
  readonly quarantined = new Quarantine();
  /** Newest revision heard of: what was read before it may have been undone since, and deletions leave no trace in here. */
  newest = 0;
  private listings = 0;
  /** By incarnation. */
  private sessionProblems: ReadonlyMap<string, string> = new Map();
  /** By container. */
  private readonly sessionShards = new Map<string, SessionShards>();
  private readonly holding = new Map<string, Set<string>>();

  /** Shards whose record names the incarnation in any state but free. */
  shardsOf(incarnation: string): ReadonlySet<string> {
    return this.holding.get(incarnation) ?? NOTHING;
  }

  /** Somebody alive has the shard, or is about to claim it. */
  hasLivingOwner(shard: string): boolean {
    const known = this.own.get(shard);
    if (known === undefined || known.value.state === 'free') return false;
    return this.heartbeats.has(known.value.incarnation);
  }

  /** The app does not exist, or exists no more: nobody would ever delete a key that is written for it. */
  get isGone(): boolean {
    return this.spec === undefined && this.quarantined.problem('spec') === undefined;
  }

  /** The shard's spec or record cannot be read: hands off. */
  isQuarantined(shard: string): boolean {
    return this.quarantined.size > 0 && this.quarantined.shardProblem(shard) !== undefined;
  }

  /** The incarnation has a heartbeat in the store, if only one that cannot be read: nothing is taken from it. */
  hasHeartbeat(incarnation: string): boolean {
    return this.heartbeats.has(incarnation);
  }

  /** Why the incarnation's heartbeat cannot be read; undefined when it can, or there is none. */
  heartbeatProblem(incarnation: string): string | undefined {
    return this.quarantined.problem('heartbeat', incarnation);
  }

  /** Why a push container that has a session cannot be heard; it has an alarm of its own. */
  sessionProblem(incarnation: string): string | undefined {
    return this.sessionProblems.get(incarnation);
  }

  /** The incarnation of a push container that says that it runs the shard, whatever its record says; it may still wait for its id. */
  sessionThatRuns(container: string, shard: string): string | undefined {
    const session = this.sessionShards.get(container);
    return session?.shards.has(shard) === true ? session.incarnation : undefined;
  }

  /** From whoever hears the sessions of push containers: what the one with the container's id runs; undefined when it has ended. */
  noteSessionShards(
    {container, incarnation}: Omit<SessionShards, 'shards'> & {readonly container: string},
    shards: ReadonlySet<string> | undefined,
  ): void {
    if (shards !== undefined) this.sessionShards.set(container, {incarnation, shards});
    else if (this.sessionShards.get(container)?.incarnation === incarnation)
      this.sessionShards.delete(container);
  }

  /** From whoever hears the sessions of push containers, all of them; true when they have changed. */
  noteSessionProblems(problems: ReadonlyMap<string, string>): boolean {
    const before = this.sessionProblems;
    this.sessionProblems = problems;
    if (before.size !== problems.size) return true;
    return [...problems].some(([incarnation, text]) => before.get(incarnation) !== text);
  }

  /** The incarnation that holds the container id and still has its heartbeat. */
  livingIncarnation(container: string): string | undefined {
    const holder = this.ids.get(container);
    return holder !== undefined && this.heartbeats.has(holder.incarnation)
      ? holder.incarnation
      : undefined;
  }

  /** Smallest T among the containers, ms: a fifth of it is how often the daemon must probe. Infinity without containers. */
  smallestTtlMs(): number {
    let least = Number.POSITIVE_INFINITY;
    for (const {value} of this.heartbeats.values()) least = Math.min(least, value.ttlMs);
    return least;
  }

  /** Longest T among the containers, ms; 0 without containers. */
  longestTtlMs(): number {
    let longest = 0;
    for (const {value} of this.heartbeats.values()) longest = Math.max(longest, value.ttlMs);
    return longest;
  }

  /** A view of its own that says the same, in steps: this one may change in between, and then what has changed may be in it or not. */
  *copying(): Generator<undefined, AppView> {
    const copy = this.withoutShards();
    for (let row = 0; row < this.rows.end; row += 1) {
      if (row % COPIED_PER_STEP === 0) yield;
      const id = this.rows.idAt(row);
      if (id !== undefined) copy.adopt({id, spec: this.shards.at(row), own: this.own.at(row)});
    }
    return copy;
  }

  /** A view of its own that says the same of all but shards. */
  withoutShards(): AppView {
    const copy = new AppView();
    copy.spec = this.spec;
    copy.stops = this.stops;
    copy.accepted = this.accepted;
    copy.newest = this.newest;
    fill(copy.orders, this.orders);
    fill(copy.overrides, this.overrides);
    fill(copy.heartbeats, this.heartbeats);
    fill(copy.ids, this.ids);
    for (const one of this.quarantined.unreadable()) copy.quarantined.take(listedKey(one), one);
    for (const [workerGroup, members] of this.pools) copy.pools.set(workerGroup, new Set(members));
    return copy;
  }

  known(id: string): KnownShard {
    return {id, spec: this.shards.get(id), own: this.own.get(id)};
  }

  /** What another view says of a shard; whether it can be read is known already. */
  adopt({id, spec, own}: KnownShard): void {
    if (spec !== undefined) this.applyShard(id, spec, spec.mod);
    if (own !== undefined && this.applyOwn(id, own, own.mod)) this.compareHolders([id]);
  }

  /** Takes one change; false when it is older than what is known. */
  apply(change: AppChange): boolean {
    this.newest = Math.max(this.newest, change.mod);
    if (change.kind === 'corrupt') return this.applyCorrupt(change);
    const isNews = this.applyReadable(change);
    // An unreadable heartbeat or order has a substitute with its revision, so a change that is older is recognized, and ignored.
    if (!isNews && (change.kind === 'heartbeat' || change.kind === 'order')) return false;
    // A value that can be read again, or is gone, is news whatever is known of it.
    const repaired = this.quarantined.size > 0 && this.quarantined.release(listedKey(change));
    if (repaired && 'shard' in change) this.rows.touch(this.rows.rowOf(change.shard));
    if (change.kind === 'own') this.compareHolders([change.shard]);
    return isNews || repaired;
  }

  /** A complete listing begins to be taken in. One at a time: what the one before has shown is forgotten. */
  beginListing(): ListingMarks {
    this.listings += 1;
    return new ListingMarks(this, this.listings);
  }

  /** A row without a spec and a record is nobody's. */
  private freed(row: number): void {
    if (this.shards.at(row) === undefined && this.own.at(row) === undefined) this.rows.release(row);
  }

  private applyReadable(change: ReadableChange): boolean {
    switch (change.kind) {
      case 'spec':
        return this.applySpec(change.entry, change.mod);
      case 'stops':
        return this.applyStops(change.entry, change.mod);
      case 'shard':
        return this.applyShard(change.shard, change.entry, change.mod);
      case 'order':
        return put(this.orders, change.container, change.entry, change.mod);
      case 'override':
        return put(this.overrides, change.container, change.entry, change.mod);
      case 'heartbeat':
        return this.putHeartbeat(change.incarnation, change.entry, change.mod);
      case 'own':
        return this.applyOwn(change.shard, change.entry, change.mod);
      case 'id':
        return this.applyId(change);
      case 'worker':
        return this.applyWorker(change.workerGroup, change.container, change.present);
    }
  }

  private applySpec(entry: Versioned<AppSpec> | undefined, mod: number): boolean {
    if (this.spec !== undefined && this.spec.mod >= mod) return false;
    this.spec = entry;
    return true;
  }

  private applyStops(entry: Versioned<StopPermissions> | undefined, mod: number): boolean {
    if (this.stops === undefined ? entry === undefined : this.stops.mod >= mod) return false;
    this.stops = entry;
    return true;
  }

  private applyShard(shard: string, entry: Versioned<ShardSpec> | undefined, mod: number): boolean {
    const before = this.shards.get(shard)?.value;
    if (!put(this.shards, shard, entry, mod)) return false;
    if (entry !== undefined) entry.value.id = this.rows.keptId(shard);
    this.specs.replace(before, entry?.value);
    const keyBefore = before?.spreadKey ?? '';
    const state = this.own.get(shard)?.value.state ?? 'free';
    if (entry === undefined && state !== 'free') this.spreadKeys.leaves(shard, keyBefore);
    else this.spreadKeys.replace(shard, keyBefore, entry?.value.spreadKey ?? '');
    if ((before === undefined) !== (entry === undefined))
      this.states.wantedChanged(shard, this.own.get(shard)?.value, entry !== undefined);
    return true;
  }

  private applyOwn(
    shard: string,
    entry: Versioned<OwnershipRecord> | undefined,
    mod: number,
  ): boolean {
    const before = this.own.get(shard);
    if (!put(this.own, shard, entry, mod)) return false;
    this.states.recordChanged(shard, before?.value, entry?.value, this.shards.has(shard));
    if (before !== undefined) this.release(before.value.incarnation, shard);
    if (entry === undefined || entry.value.state === 'free') {
      this.spreadKeys.left(shard);
      return true;
    }
    const {incarnation} = entry.value;
    const shards = this.holding.get(incarnation);
    if (shards === undefined) this.holding.set(incarnation, new Set([this.rows.keptId(shard)]));
    else shards.add(this.rows.keptId(shard));
    return true;
  }

  private putHeartbeat(
    incarnation: string,
    entry: Versioned<Heartbeat> | undefined,
    mod: number,
  ): boolean {
    const before = this.heartbeats.get(incarnation)?.value.container;
    if (!put(this.heartbeats, incarnation, entry, mod)) return false;
    if (entry?.value.container !== before) this.compareHolders(this.shardsOf(incarnation));
    return true;
  }

  /** What these shards' records say of their holder, and what it says itself. */
  private compareHolders(shards: Iterable<string>): void {
    for (const shard of shards) {
      const {value, mod = 0} = this.own.get(shard) ?? {};
      const problem = contradiction(value, this.heartbeats.get(value?.incarnation ?? '')?.value);
      if (this.quarantined.contradicts(shard, problem, mod))
        this.rows.touch(this.rows.rowOf(shard));
    }
  }

  private release(incarnation: string, shard: string): void {
    const shards = this.holding.get(incarnation);
    shards?.delete(shard);
    if (shards?.size === 0) this.holding.delete(incarnation);
  }

  private applyId({container, incarnation, mod, evicted}: IdChange): boolean {
    const known = this.ids.get(container);
    if (known !== undefined && known.mod >= mod) return false;
    if (incarnation === undefined) return this.ids.delete(container);
    this.ids.set(container, {incarnation, mod, ...(evicted !== undefined && {evicted})});
    this.nameUnreadable(incarnation, container);
    return true;
  }

  /** A heartbeat that cannot be read has the name that its id key gives it. */
  private nameUnreadable(incarnation: string, container: string): void {
    const known = this.heartbeats.get(incarnation);
    if (known?.value.container !== '') return;
    this.heartbeats.set(incarnation, {...known, value: {...known.value, container}});
    this.compareHolders(this.shardsOf(incarnation));
  }

  private idOf(incarnation: string): string {
    for (const [container, holder] of this.ids)
      if (holder.incarnation === incarnation) return container;
    return '';
  }

  private applyWorker(workerGroup: string, container: string, present: boolean): boolean {
    const members = this.pools.get(workerGroup) ?? new Set<string>();
    if (members.has(container) === present) return false;
    if (present) members.add(container);
    else members.delete(container);
    if (members.size === 0) this.pools.delete(workerGroup);
    else this.pools.set(workerGroup, members);
    return true;
  }

  private applyCorrupt(change: CorruptChange): boolean {
    const isNewer = this.putSubstitute(change);
    if (isNewer === false) return false;
    const isOfShard = change.what === 'shard' || change.what === 'own';
    if (isOfShard) this.rows.touch(this.rows.rowOf(change.id));
    return this.quarantined.take(listedKey(change), change) || isNewer === true;
  }

  /** Puts what counts in the place of a value that cannot be read; undefined: nothing does. False when a newer value is known. */
  private putSubstitute({what, id, mod}: CorruptChange): boolean | undefined {
    if (what === 'heartbeat') {
      const known = this.heartbeats.get(id);
      const value = unreadableHeartbeat(this.idOf(id), known?.value);
      return this.putHeartbeat(id, {value, mod, create: known?.create ?? mod}, mod);
    }
    // What cannot be read any more does not count any more.
    if (what === 'override') this.overrides.delete(id);
    if (what !== 'order') return undefined;
    const create = this.orders.get(id)?.create ?? mod;
    return put(this.orders, id, {value: UNREADABLE_ORDER, mod, create}, mod);
  }
}

/** Whose heartbeat the change speaks of, be it readable or not; undefined: of none. */
export function incarnationOf(change: AppChange): string | undefined {
  if (change.kind === 'heartbeat') return change.incarnation;
  return change.kind === 'corrupt' && change.what === 'heartbeat' ? change.id : undefined;
}

function fill<V>(copy: Values<V>, from: Iterable<readonly [string, V]>): void {
  for (const [key, value] of from) copy.set(key, value);
}

/** By id. */
interface Values<V> {
  get(key: string): V | undefined;
  set(key: string, value: V): unknown;
  delete(key: string): boolean;
}

function put<T>(
  map: Values<Versioned<T>>,
  key: string,
  entry: Versioned<T> | undefined,
  mod: number,
): boolean {
  const known = map.get(key);
  if (known !== undefined && known.mod >= mod) return false;
  if (entry === undefined) return map.delete(key);
  map.set(key, entry);
  return true;
}
