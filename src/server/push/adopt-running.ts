/**
 * Shards that push containers run and that no record names: another shard manager gave them out (MIGRATION.md). Each one that exactly one living
 * session says it runs is assigned to that container before anything is planned, so that it runs on there and nobody else gets it. A container
 * that lives and whose heartbeat says nothing runs what it keeps below `s/<id>/`. Pure.
 */
import type {AppView} from '../../appstate/app-view.ts';
import {proxyIncarnation, pushShardProblem} from '../../model/ids.ts';
import {decodePushSession, decodeStoredShard} from '../../protocol/push.ts';
import type {PushListedShard} from '../../protocol/push.ts';
import type {KeyValue} from '../../store/port.ts';
import type {Keys} from '../../etcd/keys.ts';
import type {ProxySubject} from './proxy-heartbeat.ts';

/** A shard that its container keeps below `s/<id>/`. */
export interface KeptShard extends ProxySubject {
  /** The application runs it; false: it is about to. */
  readonly disp: boolean;
}

export interface RunningShards {
  /** Sessions that hold the id of their container, oldest first: those that beat, and those that nobody can hear and that keep something. */
  readonly subjects: readonly ProxySubject[];
  /** By shard: the session that says that it runs it. */
  readonly adopted: ReadonlyMap<string, ProxySubject>;
  /** By shard: the session of a container that nobody can hear, and that keeps it. */
  readonly kept: ReadonlyMap<string, KeptShard>;
  /** Run by more than one: the governor decides. */
  readonly contested: readonly string[];
}

interface Holder extends ProxySubject {
  readonly create: number;
  readonly shards: ReadonlyMap<string, PushListedShard>;
}

interface UnheardHolder extends ProxySubject {
  readonly create: number;
  /** By shard; undefined: its value cannot be read. */
  readonly stored: ReadonlyMap<string, PushListedShard | undefined>;
}

/** `entries`: everything below `keys.pushSessionPrefix(app)` and `keys.pushShardPrefix(app)`. */
export function runningShards(
  keys: Keys,
  app: string,
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
  const unheard = unheardHolders(keys, app, entries);
  const kept = keptShards(view, unheard, (shard) => adopted.has(shard) || contested.has(shard));
  const keeping = unheard.filter((one) => [...kept.values()].some((by) => isSame(by, one)));
  const subjects = [...holders, ...keeping]
    .sort((a, b) => a.create - b.create)
    .map(({container, incarnation}) => ({container, incarnation}));
  return {subjects, adopted, kept, contested: [...contested]};
}

/** Containers with a session of which none has a heartbeat that can be read. `entries`: everything below `keys.pushSessionPrefix(app)`. */
export function unheardContainers(keys: Keys, entries: readonly KeyValue[]): string[] {
  return unheardSessions(keys, entries).map(({container}) => container);
}

/** The lowest create revision holds the id: of each container of which no session has a heartbeat that can be read. */
function unheardSessions(
  keys: Keys,
  entries: readonly KeyValue[],
): {container: string; lease: string; create: number}[] {
  const oldest = new Map<string, {container: string; lease: string; create: number}>();
  const heard = new Set<string>();
  for (const {key, value, create} of entries) {
    const parsed = keys.parse(key);
    if (parsed?.kind !== 'pushSession') continue;
    const {container, lease} = parsed;
    if (decodePushSession(value).kind === 'heartbeat') heard.add(container);
    else if ((oldest.get(container)?.create ?? Number.POSITIVE_INFINITY) > create)
      oldest.set(container, {container, lease, create});
  }
  return [...oldest.values()].filter(({container}) => !heard.has(container));
}

/** What such containers keep. One that is on its way out counts no more; one that cannot be read might run. */
function unheardHolders(keys: Keys, app: string, entries: readonly KeyValue[]): UnheardHolder[] {
  return unheardSessions(keys, entries).map(({container, lease, create}) => {
    const prefix = keys.pushContainerPrefix(app, container);
    const stored = new Map<string, PushListedShard | undefined>();
    for (const {key, value} of entries)
      if (key.startsWith(prefix)) stored.set(key.slice(prefix.length), decodeStoredShard(value));
    return {container, incarnation: proxyIncarnation(lease, create), create, stored};
  });
}

/** Of two that keep the same the older one has it: both run it, and a third must not. */
function keptShards(
  view: AppView,
  unheard: readonly UnheardHolder[],
  isListed: (shard: string) => boolean,
): Map<string, KeptShard> {
  const kept = new Map<string, KeptShard>();
  for (const {container, incarnation, stored} of unheard)
    for (const [shard, listed] of stored) {
      const known = view.own.get(shard)?.value;
      // A record of its own: a take-over that was broken off goes on.
      const isTaken = known !== undefined && !isSame(known, {container, incarnation});
      if (listed?.drop === true || !view.shards.has(shard) || isTaken) continue;
      if (pushShardProblem(shard) !== undefined || isListed(shard) || kept.has(shard)) continue;
      kept.set(shard, {container, incarnation, disp: listed?.disp === true});
    }
  return kept;
}

function isSame(a: ProxySubject, b: ProxySubject): boolean {
  return a.incarnation === b.incarnation;
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
