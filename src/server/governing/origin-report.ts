/** What the Go project has left below a prefix, app by app: what a daemon will take over, what not, and why (MIGRATION.md). Reads only. */
import {AppView} from '../../appstate/app-view.ts';
import {changeOf} from '../../appview/app-changes.ts';
import {originServerOf} from '../../protocol/push.ts';
import type {GovernedApp} from '../../store/governed-app.ts';
import {runningShards, unheardContainers} from '../push/adopt-running.ts';
import {guardState} from '../push/guard-handover.ts';
import type {GuardState} from '../push/guard-handover.ts';
import {rawName, rawNames} from './raw-names.ts';

export interface OriginApp {
  readonly app: string;
  /** Service of the daemons that have taken it over; '' for none yet. */
  readonly governedBy: string;
  readonly shards: number;
  /** Of them: their keys are spelled as the Go project spells them. */
  readonly toRename: number;
  /** Containers that live, by their sessions. */
  readonly containers: number;
  /** Shards that exactly one of them runs, or that one which cannot be heard keeps: they go on where they are. */
  readonly running: number;
  readonly guard: GuardState['kind'];
  /** What is not taken over, or runs twice, with the reason; empty where all is well. */
  readonly problems: readonly string[];
}

export interface OriginReport {
  /** Ids of servers of the Go project that run. */
  readonly servers: readonly string[];
  readonly apps: readonly OriginApp[];
}

export type OriginScope = Pick<GovernedApp, 'keys' | 'store' | 'leases'>;

/** @throws SmError STORE_UNAVAILABLE, STORE_AUTH. */
export async function originReport(scope: OriginScope): Promise<OriginReport> {
  const {keys, store} = scope;
  const [leaders, specs] = await Promise.all([
    store.list([keys.leader()]),
    store.list([keys.servicesPrefix()]),
  ]);
  const servers = leaders.entries
    .filter(({key}) => keys.parse(key)?.kind === 'originLeader')
    .map(({value}) => originServerOf(value));
  const apps: OriginApp[] = [];
  for (const {key} of specs.entries) {
    const parsed = keys.parse(key);
    if (parsed?.kind === 'appSpec' && parsed.app !== keys.service)
      apps.push(await originApp(scope, parsed.app));
  }
  return {servers, apps};
}

async function originApp(scope: OriginScope, app: string): Promise<OriginApp> {
  const {keys, store} = scope;
  const {entries} = await store.list([
    keys.appSpecPrefix(app),
    keys.ownershipPrefix(app),
    keys.pushSessionPrefix(app),
    keys.pushShardPrefix(app),
    keys.governedBy(app),
  ]);
  const governedBy = entries.find(({key}) => key === keys.governedBy(app))?.value ?? '';
  const writer = governedBy === '' ? 'unknown' : 'here';
  const specs = entries.filter(({key}) => key.startsWith(keys.shardSpecPrefix(app)));
  const {count, conflicts, refused} = rawNames(keys, app, specs, writer);
  const view = new AppView();
  for (const found of entries) {
    const {key, value, mod, create} = found;
    if (refused.some((one) => one.key === key)) continue;
    const isSpec = key.startsWith(keys.shardSpecPrefix(app));
    const raw = isSpec ? rawName(keys, app, found, writer) : undefined;
    // As it will stand once it is renamed.
    const name = raw === undefined ? key : keys.shardSpec(app, raw);
    const parsed = keys.parse(name);
    const entry = {key: name, value, mod, create};
    const change = parsed === undefined ? undefined : changeOf(parsed, entry, mod);
    if (change !== undefined) view.apply(change);
  }
  const {subjects, adopted, kept, contested} = runningShards(keys, app, view, entries);
  const unheard = unheardContainers(keys, entries);
  const {kind: guard} = await guardState({...scope, app});
  return {
    ...{app, governedBy, shards: view.shards.size, toRename: count},
    ...{containers: subjects.length, running: adopted.size + kept.size, guard},
    problems: [
      ...conflicts.map((shard) => `shard ${shard} has two keys with different content`),
      ...refused.map(({key, reason}) => `${key} cannot be a shard: ${reason}`),
      ...contested.map((shard) => `shard ${shard} runs in two containers: one is chosen`),
      ...unheard.map(
        (container) =>
          `container ${container} has a session but no heartbeat that can be read: what it keeps below s/ in etcd counts as running there`,
      ),
      ...(guard === 'ended'
        ? ['the guard lease has ended: containers have stopped their shards, which are added again']
        : []),
    ],
  };
}
