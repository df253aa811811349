/** Taking an app apart (protocol.md, "App removal"): specs, then records and containers, then every key that is left. */
import type {GovernorAction} from './actions.ts';
import type {AppView} from '../appstate/app-view.ts';
import {REMOVAL_RETRY_MS, SPECS_PER_TURN} from './limits.ts';

export class Removal {
  private nextAtMs = Number.POSITIVE_INFINITY;

  due(view: AppView, nowMs: number): GovernorAction[] {
    if (nowMs < this.nextAtMs && Number.isFinite(this.nextAtMs)) return [];
    this.nextAtMs = nowMs + REMOVAL_RETRY_MS;
    const shards = firstSpecs(view);
    if (shards.length > 0) return [{type: 'deleteSpecs', shards}];
    if (recordsLeft(view) > 0 || view.heartbeats.size > 0) return [];
    return [{type: 'finishRemoval'}];
  }

  wakeAtMs(): number {
    return this.nextAtMs;
  }
}

/** Those of the next turn, as they stand: nobody else deletes one that cannot be read. */
function firstSpecs({shards, quarantined}: AppView): {shard: string; mod: number}[] {
  const found: {shard: string; mod: number}[] = [];
  for (const {what, id, mod} of quarantined.unreadable())
    if (what === 'shard') found.push({shard: id, mod});
  for (const [shard, {mod}] of shards) {
    if (found.length >= SPECS_PER_TURN) break;
    if (quarantined.problem('shard', shard) === undefined) found.push({shard, mod});
  }
  return found;
}

/** Records that go by the transition table. One that cannot be read goes with the last step, when nobody is there who might have its shard. */
function recordsLeft({own, quarantined}: AppView): number {
  let left = own.size;
  for (const {what, id} of quarantined.unreadable()) if (what === 'own' && own.has(id)) left -= 1;
  return left;
}
