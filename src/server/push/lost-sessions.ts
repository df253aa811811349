/**
 * Sessions that have ended and whose shards will go elsewhere. A container of the Go project runs what stands under `s/<id>/` when it starts,
 * before anybody can see that it has: so what stands there is deleted some time before its shards may run elsewhere. Pure.
 */
import type {AppView} from '../../appstate/app-view.ts';
import {STORED_DELETED_BEFORE_MS} from './limits.ts';
import {isProxyHeartbeat} from './proxy-heartbeat.ts';
import type {ProxySubject} from './proxy-heartbeat.ts';

interface Lost {
  readonly sinceMs: number;
  done: boolean;
}

/** Sessions that live, by one of their names. */
type Living = Pick<ReadonlyMap<string, unknown>, 'has'>;

export class LostSessions {
  /** By incarnation. */
  private readonly lost = new Map<string, Lost>();
  private readonly byContainer: Living;
  private readonly byIncarnation: Living;

  constructor(byContainer: Living, byIncarnation: Living) {
    this.byContainer = byContainer;
    this.byIncarnation = byIncarnation;
  }

  ended({incarnation}: ProxySubject, nowMs: number): void {
    this.lost.set(incarnation, {sinceMs: nowMs, done: false});
  }

  done(incarnation: string): void {
    const lost = this.lost.get(incarnation);
    if (lost !== undefined) lost.done = true;
  }

  /** Whose stored shards are to be deleted now. One that has a session again runs its shards already: they stay where they are. */
  due(view: AppView, nowMs: number): ProxySubject[] {
    const due: ProxySubject[] = [];
    for (const [incarnation, {value}] of view.heartbeats) {
      if (!isProxyHeartbeat(value) || this.byIncarnation.has(incarnation)) continue;
      // One that had ended before this daemon came counts from now, as its silence does.
      if (!this.lost.has(incarnation)) this.lost.set(incarnation, {sinceMs: nowMs, done: false});
      const lost = this.lost.get(incarnation);
      const {container, ttlMs} = value;
      if (lost === undefined || lost.done || this.byContainer.has(container)) continue;
      if (nowMs - lost.sinceMs >= ttlMs - STORED_DELETED_BEFORE_MS)
        due.push({container, incarnation});
    }
    for (const incarnation of this.lost.keys())
      if (!view.heartbeats.has(incarnation)) this.lost.delete(incarnation);
    return due;
  }
}
