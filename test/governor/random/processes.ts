/** Containers of a random fleet: they beat, report loads, see their records after a while, and act by them. */
import type {HeartbeatState, OverdueHook} from '../../../src/model/container.ts';
import {OVERDUE_SHOWN} from '../../../src/model/limits.ts';
import type {OwnershipRecord} from '../../../src/model/ownership.ts';
import {recordsOf} from './stored.ts';
import type {GovernorBed} from '../governor-bed.ts';

export const TTL_MS = 20_000;
const BEAT_MS = TTL_MS / 4;
const REPORT_MS = 10_000;

export interface Process {
  readonly container: string;
  readonly incarnation: string;
  readonly registered: object;
  /** It has a session instead of our SDK, and says which shards it runs. */
  readonly isPush: boolean;
  /** A push container that has come back: what it kept running. */
  readonly kept: Set<string>;
  /** stuck: beats, and does nothing else; waiting: another one has its id. */
  state: 'ready' | 'leaving' | 'dead' | 'stuck' | 'waiting';
  failing: boolean;
  /** Calls to it fail; what it has to do it finds by itself. */
  isDeaf: boolean;
  beatAtMs: number;
  reportAtMs: number;
}

export type Draw = (below: number) => number;

export class Processes {
  readonly all = new Map<string, Process>();
  /** By shard: what it bears. */
  readonly loads = new Map<string, readonly [number, number]>();
  /** Hooks are quick and never fail from now on. */
  isCalm = false;
  private readonly seen = new Map<string, number>();
  private readonly bed: GovernorBed;
  private readonly next: Draw;
  private readonly onReady: (incarnation: string) => void;
  private incarnations = 0;

  /** `onReady`: a shard has become ready at that incarnation. */
  constructor(bed: GovernorBed, next: Draw, onReady: (incarnation: string) => void) {
    this.bed = bed;
    this.next = next;
    this.onReady = onReady;
  }

  get ready(): Process[] {
    return [...this.all.values()].filter(({state}) => state === 'ready');
  }

  /** Waits for the id where somebody has it; undefined: so does another, or it cannot wait. `kept`: shards that a push container runs already. */
  join(
    container: string,
    isPush: boolean,
    registered = isPush ? {} : this.registration(),
    kept: Iterable<string> = [],
  ): Process | undefined {
    const {bed, next} = this;
    const waits = bed.governor.view.ids.has(container);
    if (waits && (isPush || this.isAwaited(container))) return undefined;
    this.incarnations += 1;
    const one: Process = {
      ...{container, isPush, registered, state: waits ? 'waiting' : 'ready'},
      ...{failing: next(8) === 0, isDeaf: next(8) === 0},
      incarnation: isPush ? `a${this.incarnations}-1` : `${container}-${this.incarnations}-inc`,
      kept: new Set(kept),
      ...{beatAtMs: bed.nowMs, reportAtMs: bed.nowMs + next(REPORT_MS)},
    };
    this.all.set(one.incarnation, one);
    this.beat(one);
    this.saySession(one);
    if (!waits) bed.holdsId(container, one.incarnation);
    return one;
  }

  private isAwaited(container: string): boolean {
    const all = [...this.all.values()];
    return all.some((one) => one.container === container && one.state === 'waiting');
  }

  private registration(): object {
    const {next} = this;
    return {
      zone: `z${next(3)}`,
      ...(next(3) === 0 ? {weight: next(4)} : {}),
      ...(next(3) === 0 ? {capacity: 1 + next(8)} : {}),
      ...(next(4) === 0 ? {limits: {qps: 20 + next(100)}} : {}),
      ...(next(3) === 0 ? {version: `v${next(2)}`} : {}),
    };
  }

  /** Whoever is stuck goes on, and others fail from now on. */
  unstick(fails: () => boolean): void {
    for (const one of this.all.values()) {
      if (one.state === 'stuck') one.state = 'ready';
      one.failing = one.isDeaf = fails();
    }
    this.seen.clear();
  }

  /** When the next of them beats or reports, ms. */
  get nextMs(): number {
    let nextMs = Number.POSITIVE_INFINITY;
    for (const {state, beatAtMs, reportAtMs} of this.all.values())
      if (state !== 'dead') nextMs = Math.min(nextMs, beatAtMs + BEAT_MS, reportAtMs);
    return nextMs;
  }

  /** True when the governor has something to look at. */
  live(): boolean {
    let isNews = false;
    for (const one of [...this.all.values()]) {
      if (one.state === 'dead') continue;
      const {nowMs} = this.bed;
      if (nowMs - one.beatAtMs >= BEAT_MS) isNews = this.beat(one) || isNews;
      if (nowMs >= one.reportAtMs) this.report(one);
      if (one.state === 'leaving') isNews = this.endLeft(one) || isNews;
      if (one.state === 'waiting') isNews = this.takeId(one) || isNews;
    }
    return isNews;
  }

  beat(one: Process): boolean {
    const {bed} = this;
    const now = one.state;
    const state: HeartbeatState = now === 'leaving' || now === 'waiting' ? now : 'ready';
    one.beatAtMs = bed.nowMs;
    const said = {...one.registered, state, ttlMs: TTL_MS, overdue: this.overdueOf(one)};
    return bed.heard(one.container, one.incarnation, said).isNews;
  }

  /** Its process is gone, or its session is. */
  remove(one: Process): void {
    const {bed} = this;
    this.all.delete(one.incarnation);
    if (one.isPush) bed.governor.view.noteSessionShards(one, undefined);
    const holder = bed.governor.view.ids.get(one.container);
    const idOf = holder?.incarnation === one.incarnation ? 'own' : 'another';
    bed.evicted({...one, mod: 0, idMod: 0, idOf});
  }

  /** What a push container says that it runs: what it has by its records, and what it kept. */
  saySession({container, incarnation, isPush, kept}: Process): void {
    if (!isPush) return;
    // What others have by now it stops by itself.
    for (const shard of kept)
      if (this.bed.own.get(shard)?.value.container !== container) kept.delete(shard);
    const runs = new Set(kept);
    for (const shard of this.bed.governor.view.shardsOf(incarnation))
      if (this.bed.own.get(shard)?.value.state !== 'assigned') runs.add(shard);
    this.bed.governor.view.noteSessionShards({container, incarnation}, runs);
  }

  /** Whoever is stuck has hooks that do not end. */
  private overdueOf({state, incarnation}: Process): OverdueHook[] {
    const {own, governor} = this.bed;
    if (state !== 'stuck') return [];
    const hung = [...governor.view.shardsOf(incarnation)].flatMap((shard): OverdueHook[] => {
      const record = own.get(shard)?.value;
      if (record?.state === 'dropping') return [{shard, hook: 'drop'}];
      return record?.state === 'owned' && !record.ready ? [{shard, hook: 'add'}] : [];
    });
    return hung.slice(0, OVERDUE_SHOWN);
  }

  private takeId(one: Process): boolean {
    const {bed} = this;
    if (bed.governor.view.ids.has(one.container)) return false;
    one.state = 'ready';
    bed.holdsId(one.container, one.incarnation);
    return this.beat(one) || true;
  }

  private endLeft(one: Process): boolean {
    if (recordsOf(this.bed, one.incarnation) > 0) return false;
    this.remove(one);
    return true;
  }

  private report(one: Process): void {
    const {bed, next} = this;
    one.reportAtMs = bed.nowMs + REPORT_MS;
    if (one.isDeaf) bed.governor.contacted(one.incarnation, 'no route', bed.nowMs);
    if (one.state === 'stuck' || one.isPush) return;
    const shards = new Map<string, Record<string, unknown>>();
    for (const shard of bed.governor.view.shardsOf(one.incarnation)) {
      if (bed.own.get(shard)?.value.ready !== true) continue;
      const [qps, bytes] = this.loads.get(shard) ?? [0, 0];
      const lie = this.isCalm ? 99 : next(20);
      if (lie === 0) continue;
      const strange = [Number.NaN, -5, 1e300, Number.POSITIVE_INFINITY, 'x', qps * 1_000];
      shards.set(shard, {qps: lie === 1 ? strange[next(strange.length)] : qps, bytes});
    }
    bed.governor.loads.said(one.incarnation, {shards, own: {}, faults: {}}, bed.nowMs);
  }

  /** Containers see their records after a while and act. */
  react(later: (waitMs: number, run: () => void) => void): void {
    const {bed, next} = this;
    for (const [shard, {value, mod}] of bed.own) {
      if (this.seen.get(shard) === mod) continue;
      this.seen.set(shard, mod);
      if (value.state === 'free' || (value.state === 'owned' && value.ready)) continue;
      const slow = next(10) === 0 ? next(20_000) : 10 + next(1_500);
      later(this.isCalm ? 20 + next(300) : slow, () => this.act(shard, mod));
    }
  }

  private act(shard: string, mod: number): void {
    const known = this.bed.own.get(shard);
    const one = this.all.get(known?.value.incarnation ?? '');
    if (known?.mod !== mod || one === undefined) return;
    if (one.state === 'dead' || one.state === 'stuck') return;
    this.carryOut(shard, known.value, one);
    this.saySession(one);
  }

  private carryOut(shard: string, {state}: OwnershipRecord, one: Process): void {
    const {bed, next} = this;
    if (state === 'assigned') {
      // What runs there already is recorded there first, and leaves as any other.
      const mayClaim = one.state !== 'leaving' || one.kept.has(shard);
      if (mayClaim && bed.governor.view.shards.has(shard)) bed.claim([shard], false);
    } else if (state === 'owned') {
      const fails = one.failing && !this.isCalm && !one.kept.has(shard) && next(2) === 0;
      if (fails) bed.free([shard], 'failed');
      else {
        bed.ready(shard);
        this.onReady(one.incarnation);
      }
    } else {
      one.kept.delete(shard);
      bed.free([shard]);
    }
  }
}
