/** What the governor before this one has put down of an app: its summary, what it knew of loads, and whether it governed before a restore. */
import {valueOf} from '../../appview/app-news.ts';
import {joinedSummary} from '../../load/summary.ts';
import type {ReadLoads} from '../../load/summary.ts';
import type {AcceptedRestore, AppStatus} from '../../model/status.ts';
import {decodeAppStatus, decodeCluster, decodeLoadSummary} from '../../protocol/records.ts';
import type {GovernedApp} from '../../store/governed-app.ts';

/** Where it stands. */
type LastWordOptions = Pick<GovernedApp, 'app' | 'keys' | 'store'>;

/** Undefined: there is none that can be read. */
export async function lastStatus({
  app,
  keys,
  store,
}: LastWordOptions): Promise<AppStatus | undefined> {
  const reply = await store.get(keys.status(app)).catch(() => undefined);
  return valueOf(reply?.entry, decodeAppStatus);
}

/** There is none, or it cannot be read. False while the store does not answer. */
export async function isStatusLost({app, keys, store}: LastWordOptions): Promise<boolean> {
  const reply = await store.get(keys.status(app)).catch(() => undefined);
  return reply !== undefined && valueOf(reply.entry, decodeAppStatus) === undefined;
}

/** The last restore of etcd that was accepted; undefined: there was none, or it cannot be read. */
export async function lastRestore({
  keys,
  store,
}: LastWordOptions): Promise<AcceptedRestore | undefined> {
  const reply = await store.get(keys.cluster()).catch(() => undefined);
  return valueOf(reply?.entry, decodeCluster)?.accepted;
}

/** Undefined: there is none. Parts that cannot be read are left out. */
export async function lastLoads({
  app,
  keys,
  store,
}: LastWordOptions): Promise<ReadLoads | undefined> {
  const read = await store.list([keys.loadPrefix(app)]).catch(() => undefined);
  if (read === undefined || read.entries.length === 0) return undefined;
  const parts = read.entries.map(({value}) => decodeLoadSummary(value));
  return joinedSummary(parts.flatMap((part) => (part.ok ? [part.value] : [])));
}
