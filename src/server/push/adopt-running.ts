/**
 * Shards that push containers run and that no record names: another shard manager gave them out (MIGRATION.md). Each one that exactly one living
 * session says it runs is assigned to that container before anything is planned, so that it runs on there and nobody else gets it. Pure.
 */
import type {AppView} from '../../appstate/app-view.ts';
import {proxyIncarnation} from '../../model/ids.ts';
import {decodePushSession} from '../../protocol/push.ts';
import type {PushListedShard} from '../../protocol/push.ts';
import type {KeyValue} from '../../store/port.ts';
import type {Keys} from '../../etcd/keys.ts';
import type {ProxySubject} from './proxy-heartbeat.ts';

export interface RunningShards {
  /** Sessions that hold the id of their container, oldest first. */
  readonly subjects: readonly ProxySubject[];
  /** By shard: the session that runs it. */
  readonly adopted: ReadonlyMap<string, ProxySubject>;
  /** Run by more than one: the governor decides. */
  readonly contested: readonly string[];
}

interface Holder extends ProxySubject {
  readonly create: number;
  readonly shards: ReadonlyMap<string, PushListedShard>;
}

/** `entries`: everything below `keys.pushSessionPrefix(app)`. */
export function runningShards(
  keys: Keys,
  view: AppView,
  entries: readonly KeyValue[],
): RunningShards {
  const holders = holdersOf(keys, entries);
  const adopted = new Map<string, ProxySubject>();
  const contested = new Set<string>();
  for (const {container, incarnation, shards} of holders)
    for (const [shard, {drop}] of shards) {
      // One that has not begun is about to: it counts as well.
      if (drop || !view.shards.has(shard) || view.own.has(shard)) continue;
      if (adopted.has(shard)) contested.add(shard);
      else adopted.set(shard, {container, incarnation});
    }
  for (const shard of contested) adopted.delete(shard);
  const subjects = holders.map(({container, incarnation}) => ({container, incarnation}));
  return {subjects, adopted, contested: [...contested]};
}

/** Containers with a session of which none has a heartbeat yet. `entries` as above. */
export function unheardContainers(keys: Keys, entries: readonly KeyValue[]): string[] {
  const waiting = new Set<string>();
  const heard = new Set<string>();
  for (const {key, value} of entries) {
    const parsed = keys.parse(key);
    if (parsed?.kind !== 'pushSession') continue;
    (decodePushSession(value).kind === 'waiting' ? waiting : heard).add(parsed.container);
  }
  return [...waiting].filter((container) => !heard.has(container));
}

/** The lowest create revision with a heartbeat holds the id. */
function holdersOf(keys: Keys, entries: readonly KeyValue[]): Holder[] {
  const byContainer = new Map<string, Holder>();
  for (const {key, value, create} of entries) {
    const parsed = keys.parse(key);
    if (parsed?.kind !== 'pushSession') continue;
    const session = decodePushSession(value);
    if (session.kind !== 'heartbeat') continue;
    const {container, lease} = parsed;
    if ((byContainer.get(container)?.create ?? Number.POSITIVE_INFINITY) < create) continue;
    const incarnation = proxyIncarnation(lease, create);
    byContainer.set(container, {container, incarnation, create, shards: session.heartbeat.shards});
  }
  return [...byContainer.values()].sort((a, b) => a.create - b.create);
}
