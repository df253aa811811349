/** Knows everything in real time, and says so as soon as a promise of protocol.md is broken. */
import {unlawful} from '../../src/audit/record-law.ts';
import type {SessionDriver} from '../../src/container/session-driver.ts';
import type {Shard, ShardHandle} from '../../src/container/shard.ts';
import type {Keys} from '../../src/etcd/keys.ts';
import {decodeIdHolder} from '../../src/protocol/container-id.ts';
import {actingMs} from '../../src/model/container.ts';
import type {Heartbeat} from '../../src/model/container.ts';
import type {OwnershipRecord} from '../../src/model/ownership.ts';
import type {StopReason} from '../../src/ownership/shard-actions.ts';
import type {Operation, Transaction, TransactionOutcome} from '../../src/store/port.ts';
import type {SimProcess} from './process.ts';
import type {Random} from './random.ts';
import {TokenResource} from './resource.ts';
import type {Claimed} from './resource.ts';
import type {StoreServer} from './simulated-store.ts';
import type {StoreObserver} from './store-observer.ts';
import {EFFECT_SLACK_MS} from '../../src/model/limits.ts';

export type Promised =
  | 'I1'
  | 'I2'
  | 'I3'
  | 'I4'
  | 'I6'
  | 'law'
  | 'quiet'
  | 'work'
  | 'leak'
  | 'internal';

/** Holds whatever clocks do (A1 alone). */
const WITHOUT_CLOCKS: ReadonlySet<Promised> = new Set(['I2', 'I3', 'law', 'work', 'internal']);

/** What a time by the clock of a process may be by that of the world, at most. */
const CLOCK_SHARE = 1.02;

export interface Violation {
  readonly promise: Promised;
  readonly text: string;
  readonly atMs: number;
}

interface Act {
  readonly key: string;
  readonly process: SimProcess;
  readonly driver: SessionDriver;
  readonly shard: Shard;
  readonly incarnation: string;
}

interface Joined {
  readonly app: string;
  readonly process: SimProcess;
  readonly driver: SessionDriver;
  deadlineMs: number;
}

export class Checker implements StoreObserver {
  violation: Violation | undefined;
  /** Writes of ownership records so far. */
  recordWrites = 0;
  /** Heartbeats that others have taken away. */
  readonly evictions: {readonly app: string; readonly container: string; readonly atMs: number}[] =
    [];
  /** A fault that hits everybody: stops of shards are nobody's fault any more. */
  everybodyTouched = false;
  /** Clocks run as they like: only what needs none is promised. */
  wildClocks = false;
  /** The store was restored and that is not accepted yet: who has registered is not to be seen in it. */
  restoring = false;
  restored = false;
  /** When the store was rolled back last. */
  restoredAtMs = Number.NEGATIVE_INFINITY;
  /** Incarnations that two processes have, as after the copy of a running machine: they are one owner. */
  readonly forked = new Set<string>();
  readonly resource: TokenResource;
  /** Called after each write of a process. */
  onApplied: ((process: SimProcess) => void) | undefined;
  private readonly server: StoreServer;
  private readonly keys: Keys;
  private readonly joinedBy = new Map<SimProcess, Joined>();
  private readonly acts = new Map<string, Act[]>();
  private readonly tokens = new Map<string, {token: string; incarnation: string}>();
  /** Hooks and work of the application that run now, by process and shard. */
  private readonly running = new Map<string, number>();

  /** `longestDelayMs`: effects reach the resource so late. */
  constructor(server: StoreServer, keys: Keys, random: Random, longestDelayMs: number) {
    this.server = server;
    this.keys = keys;
    this.resource = new TokenResource(server.world, random, longestDelayMs, (text) =>
      this.violated('I2', text),
    );
    server.observer = this;
    server.world.afterEvent = (process) => this.afterEvent(process);
  }

  violated(promise: Promised, text: string): void {
    if (this.violation !== undefined) return;
    if (this.wildClocks && !WITHOUT_CLOCKS.has(promise)) return;
    const {world} = this.server;
    this.violation = {promise, text, atMs: world.nowMs};
    world.note(`VIOLATION ${promise}: ${text}`);
    world.halt();
  }

  joined(app: string, process: SimProcess, driver: SessionDriver): void {
    this.joinedBy.set(process, {app, process, driver, deadlineMs: Number.NEGATIVE_INFINITY});
  }

  /** `add` is called: from now on this incarnation acts for the shard. */
  added(app: string, process: SimProcess, driver: SessionDriver, shard: Shard): void {
    const key = `${app}/${shard.id}`;
    const {incarnation} = driver.session;
    const act: Act = {key, process, driver, shard, incarnation};
    if (!shard.owned) this.violated('I1', `add of ${key} at ${process.name} without the right`);
    // A copy that was fenced may go on with what the other one has let go: the resource is what stops it.
    if (!this.forked.has(incarnation)) this.checkToken(act);
    if (!this.actsByOldHistory(process, driver) && !this.hasHeartbeat(app, incarnation))
      this.violated('I1', `add of ${key} at ${process.name}, which has no heartbeat in the store`);
    this.resource.take(this.claimedBy(act));
    const acts = (this.acts.get(key) ?? []).filter((other) => isAlive(other));
    acts.push(act);
    this.acts.set(key, acts);
    this.checkAlone(act);
  }

  /** A process that was copied from another goes on with a shard. */
  copied(app: string, process: SimProcess, driver: SessionDriver, shard: Shard): void {
    const key = `${app}/${shard.id}`;
    const {incarnation} = driver.session;
    const act: Act = {key, process, driver, shard, incarnation};
    this.acts.set(key, [...(this.acts.get(key) ?? []), act]);
  }

  /** The application is about to have an effect for the shard, if it may. */
  effect(app: string, process: SimProcess, shard: Shard): void {
    const key = `${app}/${shard.id}`;
    const act = this.acts.get(key)?.find((one) => one.shard === shard && one.process === process);
    if (act !== undefined && shard.owned) this.resource.send(this.claimedBy(act));
  }

  /** A hook or work of the application begins (1) or has ended (-1). */
  worked(app: string, process: SimProcess, shard: string, by: 1 | -1): void {
    const key = `${app}/${shard} ${process.name}`;
    this.running.set(key, (this.running.get(key) ?? 0) + by);
  }

  dropping(app: string, process: SimProcess, shard: string, reason: StopReason): void {
    if (reason !== 'fenced' && reason !== 'lost') return;
    if (!process.touched && !this.everybodyTouched)
      this.violated('I4', `${process.name} stops ${app}/${shard} (${reason}) without a fault`);
  }

  /** Those that act for the shard now. */
  acting(app: string, shard: string): readonly Act[] {
    return (this.acts.get(`${app}/${shard}`) ?? []).filter((act) => mayAct(act));
  }

  applying(process: SimProcess | undefined, transaction: Transaction, commits: boolean): void {
    if (!commits) return;
    for (const operation of transaction.then) {
      if (operation.op === 'get') continue;
      if (operation.key.includes('/own/')) this.checkRecord(process, operation);
      else if (operation.op === 'put' && operation.key.includes('/id/')) {
        // Nobody's: it only tells who was evicted.
        if (decodeIdHolder(operation.value) !== '') this.checkIdTaken(process, operation.key);
      } else if (operation.op === 'delete' && operation.key.includes('/hb/'))
        this.checkEviction(process, operation.key);
    }
  }

  applied(
    process: SimProcess | undefined,
    transaction: Transaction,
    outcome: TransactionOutcome,
  ): void {
    const {world} = this.server;
    if (outcome.kind !== 'committed') return;
    const written = transaction.then.find(({op}) => op !== 'get');
    if (written === undefined) return;
    const what = written.op === 'put' ? summary(written.value) : 'deleted';
    world.note(`r${outcome.revision} ${process?.name ?? 'operator'} ${written.key} ${what}`);
    if (process !== undefined) this.onApplied?.(process);
  }

  /** The right to act can only come back, or begin, in an event of its own process. */
  private afterEvent(process: SimProcess): void {
    const joined = this.joinedBy.get(process);
    if (joined === undefined) return;
    const {deadlineMs} = joined.driver.session;
    if (deadlineMs === joined.deadlineMs) return;
    joined.deadlineMs = deadlineMs;
    for (const acts of this.acts.values())
      for (const act of acts) if (act.process === process && mayAct(act)) this.checkAlone(act);
  }

  private checkAlone(act: Act): void {
    for (const other of this.acts.get(act.key) ?? []) {
      if (other === act || !mayAct(other)) continue;
      if (other.process === act.process && other.incarnation === act.incarnation) continue;
      if (this.forked.has(act.incarnation) || this.forked.has(other.incarnation)) continue;
      this.violated(
        'I1',
        `${act.key}: ${act.process.name} acts with ${act.shard.token.slice(-8)} while ` +
          `${other.process.name} may act with ${other.shard.token.slice(-8)} for ` +
          `${remainingMs(other.process, other.driver).toFixed(0)} ms more`,
      );
    }
  }

  private hasHeartbeat(app: string, incarnation: string): boolean {
    return this.server.kv.get(this.keys.heartbeat(app, incarnation)) !== undefined;
  }

  private claimedBy({key, incarnation, shard}: Act): Claimed {
    const claim = this.resource.claimOf(key, incarnation);
    return {key, claim, token: shard.token, isForked: this.forked.has(incarnation)};
  }

  private checkToken({key, shard, incarnation, process}: Act): void {
    const last = this.tokens.get(key);
    const {token} = shard;
    if (
      last !== undefined &&
      (token < last.token || (token === last.token && incarnation !== last.incarnation))
    )
      this.violated('I3', `${key}: ${process.name} is given ${token} after ${last.token}`);
    this.tokens.set(key, {token, incarnation});
  }

  private checkRecord(process: SimProcess | undefined, operation: Operation): void {
    this.recordWrites += 1;
    const parsed = this.keys.parse(operation.key);
    if (parsed?.kind !== 'ownership') return;
    const {app, shard} = parsed;
    const {kv} = this.server;
    const before = recordOf(kv.get(operation.key)?.value);
    const after = recordOf(operation.op === 'put' ? operation.value : undefined);
    const problem = unlawful(before, after, {
      exists: (incarnation) => kv.get(this.keys.heartbeat(app, incarnation)) !== undefined,
      specExists: kv.get(this.keys.shardSpec(app, shard)) !== undefined,
      governs: process !== undefined && this.governs(process, app),
      writerIs: (incarnation) => process?.ids.has(incarnation) === true,
      readyAtClaim: app === this.keys.service,
    });
    if (problem !== undefined)
      this.violated('law', `${app}/${shard} by ${process?.name ?? 'operator'}: ${problem}`);
    if (before?.state === 'assigned' && after?.state === 'owned')
      this.resource.claimed(`${app}/${shard}`, after.incarnation);
    if (process !== undefined && after?.state === 'free') this.checkFree(process, app, shard);
  }

  /** The holder says that nothing of it is left. */
  private checkFree(process: SimProcess, app: string, shard: string): void {
    const running = this.running.get(`${app}/${shard} ${process.name}`) ?? 0;
    if (running > 0)
      this.violated('work', `${process.name} frees ${app}/${shard} with ${running} at work for it`);
  }

  /** Governs at this very moment, whatever it believes. */
  private governs(process: SimProcess, app: string): boolean {
    const {kv} = this.server;
    const ours = app === this.keys.service;
    const proof = kv.get(ours ? this.keys.leader() : this.keys.ownership(this.keys.service, app));
    const holder = recordOf(proof?.value);
    if (holder === undefined || !process.ids.has(holder.incarnation)) return false;
    return ours || holder.state === 'owned';
  }

  private noteEviction(key: string): void {
    const {kv, world} = this.server;
    const parsed = this.keys.parse(key);
    const value = kv.get(key)?.value;
    if (parsed?.kind !== 'heartbeat' || value === undefined) return;
    const {container} = JSON.parse(value) as Heartbeat;
    this.evictions.push({app: parsed.app, container, atMs: world.nowMs});
  }

  /** An id may be taken only from one that has no heartbeat any more. */
  private checkIdTaken(process: SimProcess | undefined, key: string): void {
    const {kv} = this.server;
    const parsed = this.keys.parse(key);
    const value = kv.get(key)?.value;
    if (parsed?.kind !== 'containerId' || value === undefined) return;
    const holder = decodeIdHolder(value);
    if (process?.ids.has(holder) === true || !this.hasHeartbeat(parsed.app, holder)) return;
    this.violated('law', `${process?.name ?? 'operator'} takes ${key} from one that lives`);
  }

  /** A heartbeat may be taken away only from one that may not act any more. */
  private checkEviction(process: SimProcess | undefined, key: string): void {
    const incarnation = key.slice(key.lastIndexOf('/') + 1);
    const isForked = this.forked.has(incarnation);
    if (process?.ids.has(incarnation) === true) {
      if (!isForked) this.checkDeregistering(process, key);
      return;
    }
    this.noteEviction(key);
    if (isForked) return;
    for (const {driver, process: owner, app} of this.joinedBy.values()) {
      if (driver.session.incarnation !== incarnation || !owner.alive) continue;
      const leftMs = remainingMs(owner, driver);
      if (leftMs > -EFFECT_SLACK_MS && !this.actsByOldHistory(owner, driver))
        this.violated('I1', `${app}: ${owner.name} is evicted with ${leftMs.toFixed(0)} ms left`);
    }
  }

  /** In a store that was rolled back an old version is the newest again: a right to act that was won before says nothing in it (A6). */
  private actsByOldHistory(process: SimProcess, driver: SessionDriver): boolean {
    if (!this.restoring) return false;
    const ageMs = actingMs(driver.ttlMs) - remainingMs(process, driver);
    return this.server.world.nowMs - CLOCK_SHARE * ageMs <= this.restoredAtMs;
  }

  /** Whoever takes its own heartbeat away must have nothing left to act for: from now on others may be given it. */
  private checkDeregistering(process: SimProcess, key: string): void {
    const incarnation = key.slice(key.lastIndexOf('/') + 1);
    for (const acts of this.acts.values())
      for (const act of acts)
        if (act.process === process && act.incarnation === incarnation && mayAct(act))
          this.violated('I1', `${process.name} goes and may still act for ${act.key}`);
  }
}

/** Until the deadline by its own clock, and as long as an effect may be on its way after the last guard. */
function mayAct({process, driver, shard}: Act): boolean {
  if (!process.alive) return false;
  if (process.world.within(process, () => shard.owned)) return true;
  return !(shard as ShardHandle).isRevoked && remainingMs(process, driver) > -EFFECT_SLACK_MS;
}

/** By the clocks of the process. */
function remainingMs(process: SimProcess, driver: SessionDriver): number {
  return process.world.within(process, () => driver.remainingMs());
}

function isAlive({process, shard}: Act): boolean {
  return process.alive && !(shard as ShardHandle).isRevoked;
}

function recordOf(value: string | undefined): OwnershipRecord | undefined {
  return value === undefined ? undefined : (JSON.parse(value) as OwnershipRecord);
}

interface Summarised {
  readonly state?: string;
  readonly container?: string;
  readonly incarnation?: string;
  readonly ready?: boolean;
  readonly seq?: number;
  readonly failures?: number;
}

/** The fields of a value that tell runs apart, shortly. */
function summary(value: string): string {
  if (!value.startsWith('{')) return '';
  const {state, container, incarnation, ready, seq, failures} = JSON.parse(value) as Summarised;
  const short = incarnation?.slice(0, 4) ?? '';
  return `${state ?? ''} ${container ?? ''} ${short} ${ready === true ? 'ready' : ''}${seq ?? ''} ${failures ?? ''}`;
}
