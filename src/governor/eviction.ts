/** Which silent heartbeats to delete, and when not to (protocol.md, "Failure detector", "Eviction", "Eviction circuit breaker"). */
import {backOff} from '../model/back-off.ts';
import {silenceMs} from '../model/container.ts';
import type {Heartbeat} from '../model/container.ts';
import type {FailureDetector} from '../ownership/failure-detector.ts';
import {EvictionCircuitBreaker} from './eviction-circuit-breaker.ts';
import type {Loss} from './eviction-circuit-breaker.ts';
import type {AppView} from '../appstate/app-view.ts';
import {EVICTION_RETRY_MAX_MS, EVICTION_RETRY_MIN_MS} from './limits.ts';
import {heardSuccessors} from './successors.ts';

/**
 * Txn [still governs; hb mod; id mod] -> delete hb, and the id key. Where an operator has ordered it the id key names whom he has evicted, unless another incarnation
 * holds it. An id that is not held by this incarnation is only compared, and only where it was ordered: the word must not be lost because the id was taken unseen.
 */
export interface Eviction {
  readonly container: string;
  readonly incarnation: string;
  readonly mod: number;
  /** Of the id key as last seen; 0: there was none. */
  readonly idMod: number;
  /** Which incarnation held the id then. */
  readonly idOf: 'own' | 'nobody' | 'another';
  /** By an operator. */
  readonly isOrdered?: true;
}

interface Silent extends Loss {
  /** Somebody waits for the id and is heard: this one is silent because its process has ended, not because of us or the network. */
  readonly hasSuccessor: boolean;
}

const NEVER_ASKED = {times: 0, againMs: Number.NEGATIVE_INFINITY};

export class Evictor {
  private readonly breaker = new EvictionCircuitBreaker();
  /** Silent at the last look, by incarnation. */
  private silent = new Map<string, Silent>();
  /** By incarnation: how often the store was asked, and when it is asked again. */
  private readonly asked = new Map<string, {readonly times: number; readonly againMs: number}>();
  /** Containers that there were when the first of the silent ones fell silent. */
  private expected = 0;
  /** Silent ones in whose place others have come under new ids: nobody waits for them. */
  private replaced: ReadonlySet<string> = new Set();

  get isBreakerOpen(): boolean {
    return this.breaker.isTripped;
  }

  /** Evictions to carry out now. */
  due(view: AppView, detector: FailureDetector, nowMs: number): Eviction[] {
    this.silent = silentOnes(view, detector, nowMs);
    for (const incarnation of this.asked.keys())
      if (!this.silent.has(incarnation)) this.asked.delete(incarnation);
    this.replaced = this.replacedOnes(view, detector, nowMs);
    const unexplained = [...this.silent.values()].filter(({hasSuccessor}) => !hasSuccessor);
    const isOnHold = this.breaker.holds(unexplained, containersOf(view), nowMs);
    const evictions: Eviction[] = [];
    for (const [incarnation, {hasSuccessor}] of this.silent) {
      const heartbeat = view.heartbeats.get(incarnation);
      if (
        (isOnHold && !hasSuccessor) ||
        heartbeat === undefined ||
        detector.quietMs(incarnation, nowMs) <
          this.waitMs(view, hasSuccessor, incarnation, heartbeat.value) ||
        isBehind(view, detector, incarnation)
      )
        continue;
      if (!this.ask(incarnation, nowMs)) continue;
      evictions.push(evictionOf(view, detector, incarnation, heartbeat.value));
    }
    return evictions;
  }

  /** False while the last question is too young to be repeated. */
  private ask(incarnation: string, nowMs: number): boolean {
    const {times, againMs} = this.asked.get(incarnation) ?? NEVER_ASKED;
    if (againMs > nowMs) return false;
    const pauseMs = backOff(times + 1, EVICTION_RETRY_MIN_MS, EVICTION_RETRY_MAX_MS);
    this.asked.set(incarnation, {times: times + 1, againMs: nowMs + pauseMs});
    return true;
  }

  /** The incarnation's heartbeat is gone. */
  forget(incarnation: string, nowMs: number): void {
    this.asked.delete(incarnation);
    const loss = this.silent.get(incarnation);
    if (loss === undefined) return;
    this.silent.delete(incarnation);
    if (!loss.hasSuccessor) this.breaker.lost(loss, nowMs);
  }

  wakeAtMs(view: AppView, detector: FailureDetector, nowMs: number): number {
    let at = this.breaker.wakeAtMs(nowMs);
    const awaited = heardSuccessors(view, detector, nowMs);
    for (const [incarnation, {value}] of view.heartbeats) {
      const wait = this.waitMs(view, awaited.has(value.container), incarnation, value);
      let next = detector.wakeAtMs(incarnation, wait, nowMs);
      const retryAtMs = this.asked.get(incarnation)?.againMs;
      if (retryAtMs !== undefined && retryAtMs > nowMs) next = Math.min(next, retryAtMs);
      at = Math.min(at, next);
    }
    return at;
  }

  /** Ms of silence before eviction: the recovery time only for a container that may come back, with nobody waiting for its id or in its place. */
  private waitMs(
    view: AppView,
    isAwaited: boolean,
    incarnation: string,
    {container, state, ttlMs}: Heartbeat,
  ): number {
    const safeMs = silenceMs(ttlMs);
    // Who waits for an id does not hold it: another incarnation does that.
    const hasSuccessor = isAwaited && holdsId(view, container, incarnation);
    if (state !== 'ready' || hasSuccessor || this.replaced.has(incarnation)) return safeMs;
    return Math.max(safeMs, 1_000 * (view.spec?.value.maxRecoveryTime ?? 0));
  }

  /** The longest silent first: as many as there are containers more than are missing. */
  private replacedOnes(view: AppView, detector: FailureDetector, nowMs: number): Set<string> {
    const silent: string[] = [];
    // Who waits for an id is one more in no count: it has come in the place of the one that holds it.
    for (const [incarnation, {container}] of this.silent)
      if (holdsId(view, container, incarnation)) silent.push(incarnation);
    if (silent.length === 0) {
      this.expected = 0;
      return new Set();
    }
    const heard = heardContainers(view, this.silent);
    if (this.expected === 0) {
      // Who came after the last beat of one that is silent may have come in its place.
      const since = Math.min(...silent.map((one) => view.heartbeats.get(one)?.mod ?? 0));
      const joined = heard.filter((one) => (view.heartbeats.get(one)?.create ?? 0) > since);
      this.expected = heard.length + silent.length - Math.min(silent.length, joined.length);
    }
    const missing = Math.max(0, this.expected - heard.length);
    silent.sort(
      (a, b) => detector.quietMs(b, nowMs) - detector.quietMs(a, nowMs) || (a < b ? -1 : 1),
    );
    return new Set(silent.slice(0, Math.max(0, silent.length - missing)));
  }
}

function holdsId({ids}: AppView, container: string, incarnation: string): boolean {
  return ids.get(container)?.incarnation === incarnation;
}

/**
 * The failure detector of sm's own governor is that of the election, too, which may have heard a newer heartbeat. What was read of an older one,
 * as that nobody has ordered the eviction, may no longer be so.
 */
function isBehind(view: AppView, detector: FailureDetector, incarnation: string): boolean {
  if (view.heartbeatProblem(incarnation) !== undefined) return false;
  return view.heartbeats.get(incarnation)?.mod !== detector.version(incarnation);
}

function silentOnes(view: AppView, detector: FailureDetector, nowMs: number): Map<string, Silent> {
  const silent = new Map<string, Silent>();
  let awaited: ReadonlySet<string> | undefined;
  for (const [incarnation, {value}] of view.heartbeats) {
    if (!detector.silent(incarnation, nowMs)) continue;
    const {container, ttlMs} = value;
    awaited ??= heardSuccessors(view, detector, nowMs);
    silent.set(incarnation, {container, ttlMs, hasSuccessor: awaited.has(container)});
  }
  return silent;
}

/** Incarnations that hold their ids and are not silent. */
function heardContainers(view: AppView, silent: ReadonlyMap<string, unknown>): string[] {
  const heard: string[] = [];
  for (const {incarnation} of view.ids.values()) {
    const state = view.heartbeats.get(incarnation)?.value.state;
    if ((state === 'ready' || state === 'leaving') && !silent.has(incarnation))
      heard.push(incarnation);
  }
  return heard;
}

/** By id: one that restarts again and again leaves many heartbeats behind and is still one. */
function* containersOf(view: AppView): Iterable<string> {
  for (const {value} of view.heartbeats.values()) yield value.container;
}

function evictionOf(
  view: AppView,
  detector: FailureDetector,
  incarnation: string,
  {container, state}: Heartbeat,
): Eviction {
  const {incarnation: holder = '', mod: idMod = 0} = view.ids.get(container) ?? {};
  const idOf = holder === incarnation ? 'own' : holder === '' ? 'nobody' : 'another';
  const mod = detector.version(incarnation);
  return {container, incarnation, mod, idMod, idOf, ...(state === 'evicting' && {isOrdered: true})};
}
