/** How fresh what is shown is: live, stale because the daemon is not heard, or because the daemon has lost its store. Pure. */
import type {LinkEvent} from '../model/live-link.ts';
import type {LiveMessage} from '../protocol/admin-live.ts';
import {clockText} from './text.ts';

export interface LinkState {
  /** The daemon's wall clock at `heardMs`, ms; undefined before the first message. */
  readonly serverMs: number | undefined;
  /** Monotonic ms of the last message. */
  readonly heardMs: number;
  readonly lagMs: number;
  readonly lost:
    | {
        readonly sinceMs: number;
        readonly reason: string;
        readonly retry: number;
        /** Monotonic ms of the next attempt; undefined while one is under way. */
        readonly retryAtMs: number | undefined;
      }
    | undefined;
  readonly store: {readonly sinceMs: number; readonly reason: string} | undefined;
  /** Connections lost so far. */
  readonly gaps: number;
}

export const NO_LINK: LinkState = {
  serverMs: undefined,
  heardMs: 0,
  lagMs: 0,
  lost: undefined,
  store: undefined,
  gaps: 0,
};

export function takeLink(link: LinkState, event: LinkEvent<LiveMessage>, nowMs: number): LinkState {
  if (event.type === 'message') return heard(link, event.message, nowMs);
  const {reason, sinceMs} = link.lost ?? {reason: 'connection lost', sinceMs: link.heardMs};
  if (event.type === 'trying') {
    if (link.lost === undefined) return link;
    return {...link, lost: {sinceMs, reason, retry: event.retry, retryAtMs: undefined}};
  }
  const gaps = link.lost === undefined ? link.gaps + 1 : link.gaps;
  const retryAtMs = nowMs + event.waitMs;
  return {...link, gaps, lost: {sinceMs, reason: event.reason, retry: event.retry, retryAtMs}};
}

function heard(link: LinkState, message: LiveMessage, nowMs: number): LinkState {
  const serverMs = Date.parse(message.at);
  const base = {...link, lost: undefined, heardMs: nowMs, serverMs};
  if (message.type === 'hello') return base;
  if (message.type === 'rows') return {...base, lagMs: message.lagMs};
  const {ok, since, reason} = message.store;
  const store = ok ? undefined : {sinceMs: nowMs - (serverMs - Date.parse(since)), reason};
  return {...base, lagMs: message.lagMs, store};
}

/** The daemon's wall clock now, so that ages go on while nothing is heard. */
export function serverNowMs({serverMs, heardMs}: LinkState, nowMs: number): number {
  return serverMs === undefined ? nowMs : serverMs + (nowMs - heardMs);
}

export function isStale({lost, store}: LinkState): boolean {
  return lost !== undefined || store !== undefined;
}

/** `LIVE 14:02:07Z  lag 0.2s` or `STALE 00:17 (retry 4 in 8s: connection refused)`. */
export function linkText(link: LinkState, nowMs: number): string {
  const {lost, store, lagMs} = link;
  if (lost !== undefined) {
    const {sinceMs, reason, retry, retryAtMs} = lost;
    const leftMs = retryAtMs === undefined ? 0 : Math.max(0, retryAtMs - nowMs);
    const when = leftMs === 0 ? 'now' : `in ${Math.ceil(leftMs / 1_000)}s`;
    return `STALE ${clockText(nowMs - sinceMs)} (retry ${retry} ${when}: ${reason})`;
  }
  if (store !== undefined)
    return `STALE ${clockText(nowMs - store.sinceMs)} (the daemon's store: ${store.reason})`;
  if (link.serverMs === undefined) return 'CONNECTING';
  const time = new Date(serverNowMs(link, nowMs)).toISOString().slice(11, 19);
  return `LIVE ${time}Z  lag ${(lagMs / 1_000).toFixed(1)}s`;
}
