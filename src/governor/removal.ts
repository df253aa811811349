/** Taking an app apart (protocol.md, "App removal"): specs, then records and containers, then every key that is left. */
import type {GovernorAction} from './actions.ts';
import type {AppView} from '../appstate/app-view.ts';
import {REMOVAL_RETRY_MS, SPECS_PER_TURN} from './limits.ts';

export class Removal {
  private nextAtMs = Number.POSITIVE_INFINITY;

  due(view: AppView, nowMs: number): GovernorAction[] {
    if (nowMs < this.nextAtMs && Number.isFinite(this.nextAtMs)) return [];
    this.nextAtMs = nowMs + REMOVAL_RETRY_MS;
    if (view.shards.size > 0) {
      const shards = [...view.shards]
        .slice(0, SPECS_PER_TURN)
        .map(([shard, {mod}]) => ({shard, mod}));
      return [{type: 'deleteSpecs', shards}];
    }
    if (view.own.size > 0 || view.heartbeats.size > 0) return [];
    return [{type: 'finishRemoval'}];
  }

  wakeAtMs(): number {
    return this.nextAtMs;
  }
}
