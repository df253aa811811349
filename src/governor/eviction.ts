/** Which silent heartbeats to delete, and when not to (protocol.md, "Silence", "Evict", "Brake"). */
import {silenceMs} from '../model/container.ts';
import type {Heartbeat} from '../model/container.ts';
import type {SilenceClock} from '../ownership/silence.ts';
import type {AppView} from './view.ts';

/** Txn [still governs; hb mod; id mod unless 0] -> delete hb, and the id key unless idMod is 0. */
export interface Eviction {
  readonly container: string;
  readonly incarnation: string;
  readonly mod: number;
  readonly idMod: number;
}

/** So many containers may fall silent together without suspicion that the fault is ours. */
const BRAKE_MIN = 2;
const BRAKE_SHARE = 0.3;
const RETRY_MS = 500;

export class Evictor {
  private brakeUntilMs: number | undefined;
  private readonly asked = new Map<string, number>();

  get braking(): boolean {
    return this.brakeUntilMs !== undefined;
  }

  /** Evictions to carry out now. */
  due(view: AppView, clock: SilenceClock, nowMs: number): Eviction[] {
    const silent: string[] = [];
    for (const incarnation of view.heartbeats.keys())
      if (clock.silent(incarnation, nowMs)) silent.push(incarnation);
    if (this.brake(view, silent, nowMs)) return [];
    const evictions: Eviction[] = [];
    if (silent.length === 0) return evictions;
    const awaited = awaitedContainers(view);
    for (const incarnation of silent) {
      const heartbeat = view.heartbeats.get(incarnation);
      if (
        heartbeat === undefined ||
        clock.quietMs(incarnation, nowMs) < waitMs(view, awaited, incarnation, heartbeat.value)
      )
        continue;
      if ((this.asked.get(incarnation) ?? Number.NEGATIVE_INFINITY) > nowMs) continue;
      this.asked.set(incarnation, nowMs + RETRY_MS);
      evictions.push(evictionOf(view, clock, incarnation, heartbeat.value.container));
    }
    return evictions;
  }

  forget(incarnation: string): void {
    this.asked.delete(incarnation);
  }

  wakeAtMs(view: AppView, clock: SilenceClock, nowMs: number): number {
    const brakeUntilMs = this.brakeUntilMs ?? nowMs;
    let at = brakeUntilMs > nowMs ? brakeUntilMs : Number.POSITIVE_INFINITY;
    const awaited = awaitedContainers(view);
    for (const [incarnation, {value}] of view.heartbeats) {
      const wait = waitMs(view, awaited, incarnation, value);
      let next = clock.wakeAtMs(incarnation, wait, nowMs);
      const retryAtMs = this.asked.get(incarnation);
      if (retryAtMs !== undefined && retryAtMs > nowMs) next = Math.min(next, retryAtMs);
      at = Math.min(at, next);
    }
    return at;
  }

  /** More than max(2, 30 %) of the containers silent at once: hold for 2T, then believe it. */
  private brake(view: AppView, silent: readonly string[], nowMs: number): boolean {
    const share = BRAKE_SHARE * containersOf(view, view.heartbeats.keys());
    if (containersOf(view, silent) <= Math.max(BRAKE_MIN, share)) {
      this.brakeUntilMs = undefined;
      return false;
    }
    if (this.brakeUntilMs === undefined) {
      const longestMs = Math.max(
        ...silent.map((incarnation) => view.heartbeats.get(incarnation)?.value.ttlMs ?? 0),
      );
      this.brakeUntilMs = nowMs + 2 * longestMs;
    }
    return nowMs < this.brakeUntilMs;
  }
}

/** How many containers these incarnations are: one that restarts again and again leaves many behind and is still one. */
function containersOf(view: AppView, incarnations: Iterable<string>): number {
  const containers = new Set<string>();
  for (const incarnation of incarnations)
    containers.add(view.heartbeats.get(incarnation)?.value.container ?? '');
  return containers.size;
}

function evictionOf(
  view: AppView,
  clock: SilenceClock,
  incarnation: string,
  container: string,
): Eviction {
  const holder = view.ids.get(container);
  const idMod = holder?.incarnation === incarnation ? holder.mod : 0;
  return {container, incarnation, mod: clock.version(incarnation), idMod};
}

/** Ms of silence before eviction: the recovery time only for a container that may come back with nobody waiting for its id. */
function waitMs(
  view: AppView,
  awaited: ReadonlySet<string>,
  incarnation: string,
  heartbeat: Heartbeat,
): number {
  const {container, state, ttlMs} = heartbeat;
  const safeMs = silenceMs(ttlMs);
  // Who waits for an id does not hold it: another incarnation does that.
  const hasSuccessor =
    awaited.has(container) && view.ids.get(container)?.incarnation === incarnation;
  if (state !== 'ready' || hasSuccessor) return safeMs;
  return Math.max(safeMs, 1_000 * (view.spec?.value.maxRecoveryTime ?? 0));
}

/** Containers whose id somebody waits for; gathered once for all, as there may be many. */
function awaitedContainers(view: AppView): ReadonlySet<string> {
  const awaited = new Set<string>();
  for (const {value} of view.heartbeats.values())
    if (value.state === 'waiting') awaited.add(value.container);
  return awaited;
}
