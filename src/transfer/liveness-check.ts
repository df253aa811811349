/**
 * Whether anybody lives below a prefix. A heartbeat that stands unchanged for W by our own clock is that of a container which has
 * certainly stopped (docs/architecture.md); one that changes is alive, and so is a push container as long as its leased key is there.
 */
import {silenceMs} from '../model/container.ts';
import {isProxyIncarnation} from '../model/ids.ts';
import {decodeHeartbeat} from '../protocol/records.ts';
import type {RawEntry, RawKeys} from '../etcd/raw-keys.ts';
import type {Clock} from '../runtime/clock.ts';
import {isHeartbeat, isPushSession} from './contents.ts';
import {LOOK_EVERY_MS} from './limits.ts';
import {TTL_MAX_MS, UNWATCHED_CLOCK_EXCESS} from '../model/limits.ts';

export interface LivenessOptions {
  readonly keys: RawKeys;
  readonly prefix: string;
  readonly clock: Clock;
  /** Whether push containers count: by their sessions, and by the heartbeats that stand for them. Default true. */
  readonly pushSessions?: boolean;
  /** Called once when there is something to wait for. */
  readonly say: (text: string) => void;
}

interface Watched {
  readonly container: string;
  readonly mod: number;
  readonly untilMs: number;
}

/** Names of those that live; an empty list once all that is there has stood still for long enough. @throws SmError STORE_UNAVAILABLE, STORE_AUTH. */
export async function livingBelow(options: LivenessOptions): Promise<string[]> {
  const {keys, prefix, clock, say, pushSessions = true} = options;
  const watched = new Map<string, Watched>();
  for (let first = true; ; first = false) {
    const {entries} = await keys.list(`${prefix}/app/`);
    const below = (entry: RawEntry): Buffer => entry.key.subarray(prefix.length + 1);
    const sessions = entries.filter((entry) => pushSessions && isPushSession(below(entry)));
    const beats = entries.filter(
      (entry) => isHeartbeat(below(entry)) && (pushSessions || !isProxy(entry)),
    );
    const moving = beats.filter((entry) => !first && isMoving(entry, watched));
    const living = [...sessions.map((entry) => below(entry).toString()), ...moving.map(nameOf)];
    if (living.length > 0) return living;
    if (first) for (const beat of beats) watched.set(keyOf(beat), watch(beat, clock.nowMs()));
    const leftMs = Math.max(0, ...beats.map((beat) => leftOf(watched.get(keyOf(beat)), clock)));
    if (leftMs === 0) return [];
    if (first)
      say(
        `waiting ${Math.ceil(leftMs / 1000)} s for what ${beats.map(nameOf).join(', ')} left behind: a process that still sends heartbeats is alive`,
      );
    await clock.sleep(Math.min(LOOK_EVERY_MS, leftMs));
  }
}

function watch(beat: RawEntry, nowMs: number): Watched {
  const record = decodeHeartbeat(beat.value.toString('utf8'));
  const ttlMs = record.ok ? record.value.ttlMs : TTL_MAX_MS;
  const untilMs = nowMs + silenceMs(ttlMs, UNWATCHED_CLOCK_EXCESS);
  return {container: nameOf(beat), mod: beat.mod, untilMs};
}

function leftOf(watched: Watched | undefined, clock: Clock): number {
  return watched === undefined ? 0 : watched.untilMs - clock.nowMs();
}

/** One that was not there at first has just been made. */
function isMoving(beat: RawEntry, watched: ReadonlyMap<string, Watched>): boolean {
  return watched.get(keyOf(beat))?.mod !== beat.mod;
}

function keyOf({key}: RawEntry): string {
  return key.toString('latin1');
}

/** It stands for a push container, which a daemon renews. */
function isProxy({key}: RawEntry): boolean {
  return isProxyIncarnation(key.subarray(key.lastIndexOf('/') + 1).toString());
}

function nameOf(beat: RawEntry): string {
  const record = decodeHeartbeat(beat.value.toString('utf8'));
  return record.ok ? record.value.container : beat.key.toString('utf8');
}
