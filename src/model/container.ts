import {CLOCK_DRIFT, EFFECT_SLACK_MS, HEARTBEATS_PER_TTL, TTL_MAX_MS} from './limits.ts';
import type {CONTAINER_STATES} from './trouble.ts';

/** `sdk` of the heartbeat that stands for a push container. */
export const PUSH_SDK = 'push';

export const HEARTBEAT_STATES = ['waiting', 'ready', 'leaving', 'evicting'] as const;
export type HeartbeatState = (typeof HEARTBEAT_STATES)[number];

/** What a container says of itself when it registers; fixed for its incarnation. */
export interface HeartbeatIdentity {
  v: number;
  container: string;
  ttlMs: number;
  /** host:port of the hint receiver; '' when it has none. */
  endpoint: string;
  host: string;
  pid: number;
  bootId: string;
  zone: string;
  labels: Record<string, string>;
  version: string;
  sdk: string;
  /** Share of shards and load beside other containers; 0: no share. Absent: 1. */
  weight?: number;
  /** Most shards that it may hold; absent or 0: no limit of its own. */
  capacity?: number;
  /** Most load by metric; a metric that is absent or 0 has no limit. */
  limits?: Record<string, number>;
}

/** A hook of the application that has exceeded its time limit. */
export interface OverdueHook {
  shard: string;
  hook: 'add' | 'drop';
  /** When it was called, ms of the clock of `sentAtMs`. */
  sinceMs?: number;
}

/** What a container renews. A container exists while its heartbeat record exists. Unknown fields survive a rewrite. */
export interface Heartbeat extends HeartbeatIdentity {
  seq: number;
  nonce: string;
  state: HeartbeatState;
  /** When it was sent by the sender's owner clock, ms from an origin of its own: shows the rate of that clock. */
  sentAtMs?: number;
  /** The first few overdue hooks, for the operators; absent when there are none. */
  overdue?: OverdueHook[];
  [unknown: string]: unknown;
}

/**
 * What counts in the place of a heartbeat that cannot be read: T is the longest there is, so that nobody takes from its owner too early. The rest
 * is as it was last known.
 */
export function unreadableHeartbeat(container: string, last: Heartbeat | undefined): Heartbeat {
  const blank = {v: 1, endpoint: '', host: '', pid: 0, bootId: '', zone: '', labels: {}};
  const rest = {version: '', sdk: '', seq: 0, nonce: '', state: 'ready' as const};
  return {...blank, ...rest, ...last, container: last?.container ?? container, ttlMs: TTL_MAX_MS};
}

/** States shown to operators; one word each, the same everywhere. */
export type ContainerState = (typeof CONTAINER_STATES)[number];

/**
 * Milliseconds a governor must see a heartbeat unchanged before its owner has certainly stopped acting. `excess`: by how much the clocks of
 * the two differ beyond assumption A2, as a share. Default 0.
 */
export function silenceMs(ttlMs: number, excess = 0): number {
  return Math.ceil(ttlMs * (1 + CLOCK_DRIFT) * (1 + excess) + EFFECT_SLACK_MS);
}

/** Milliseconds after `tSend` during which the sender of a committed heartbeat may act. */
export function actingMs(ttlMs: number): number {
  return Math.floor(ttlMs * (1 - CLOCK_DRIFT) - EFFECT_SLACK_MS);
}

/** Milliseconds between two heartbeats. */
export function heartbeatIntervalMs(ttlMs: number): number {
  return Math.floor(ttlMs / HEARTBEATS_PER_TTL);
}
