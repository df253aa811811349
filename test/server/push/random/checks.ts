/**
 * What holds whatever happens, as long as leases end no sooner and no later than they say:
 * - no shard begins to run for its owner by the record while its owner before runs it, in a session that lives;
 * - what only the governor writes is written while the app's record names the writer;
 * - no governor breaks.
 *
 * And once everything has been calm for long: each shard is ready by its record, at a session that lives and runs it; nobody else runs it or
 * keeps it; whom an operator has evicted has nothing; every key is of somebody who is there; no alarm of push containers is left.
 */
import {HistoryAudit} from '../../../../src/audit/history-audit.ts';
import type {ParsedKey} from '../../../../src/etcd/keys.ts';
import {decodeIdHolder} from '../../../../src/protocol/container-id.ts';
import type {AppStatus} from '../../../../src/model/status.ts';
import type {PushContainer} from './container.ts';
import {APP, SHARDS} from './world.ts';
import type {PushWorld} from './world.ts';

/** Written by the governor's daemon and by nobody else, where all containers are push containers. */
const GOVERNOR_KEYS: ReadonlySet<ParsedKey['kind']> = new Set([
  ...(['heartbeat', 'containerId', 'ownership', 'status', 'moves'] as const),
]);

/** The container begins to add the shard, or runs it from now on: both may have effects. */
export function checkRuns(world: PushWorld, by: PushContainer, shard: string): void {
  const record = world.record(shard);
  if (record?.state !== 'owned' || record.incarnation !== by.incarnation) return;
  const mine = by.shards.get(shard);
  if (mine !== undefined) mine.isOwned = true;
  const before = ownerBeside(world, by, shard);
  if (before !== undefined) world.broken(`${shard} runs at ${before.id} and at ${by.id}`);
}

/** From now on: whatever a daemon believes, and however late its write comes. */
export function watchWrites(world: PushWorld): void {
  const {server, keys} = world;
  server.observer = {
    applying: (process, {then}, commits) => {
      const governor = server.kv.get(keys.ownership('sm', APP));
      const {container} = JSON.parse(governor?.value ?? '{}') as {container?: string};
      if (!commits || process === undefined || process.name === container) return;
      for (const {op, key} of then) {
        const parsed = op === 'get' ? undefined : keys.parse(key);
        if (parsed !== undefined && 'app' in parsed && parsed.app === APP)
          if (GOVERNOR_KEYS.has(parsed.kind))
            world.broken(`${process.name} writes ${key} and does not govern`);
      }
    },
    applied: () => noteOwners(world),
  };
}

/** With each write: who has a shard, in whatever state, and is its owner by the record. */
function noteOwners(world: PushWorld): void {
  for (const shard of SHARDS) {
    const record = world.record(shard);
    if (record?.state !== 'owned') continue;
    const run = world.containers.get(record.container);
    const mine = run?.shards.get(shard);
    if (run?.incarnation === record.incarnation && mine !== undefined) mine.isOwned = true;
  }
}

function ownerBeside(
  world: PushWorld,
  by: PushContainer,
  shard: string,
): PushContainer | undefined {
  for (const other of world.containers.values()) {
    if (other === by || !other.mayAct || world.evicted.has(other.incarnation)) continue;
    const run = other.shards.get(shard);
    if (run?.isOwned === true) return other;
  }
  return undefined;
}

export function checkEnd(world: PushWorld): void {
  checkHistory(world);
  for (const shard of SHARDS) {
    const problem = unserved(world, shard);
    if (problem !== '') return world.broken(`${shard} ${problem}`);
  }
  const left = leftOver(world);
  if (left !== '') world.broken(`${left} is left`);
  for (const container of world.containers.values())
    if (world.evicted.has(container.incarnation) && container.shards.size > 0)
      world.broken(
        `${container.id} was evicted and runs ${[...container.shards.keys()].join(' ')}`,
      );
  const entry = world.server.kv.get(world.keys.status(APP));
  const {alarms = []} = JSON.parse(entry?.value ?? '{}') as Partial<AppStatus>;
  // Who has refused is trusted again once a shard has come to it, and none has to.
  if (alarms.some(({code}) => code !== 'REFUSING'))
    world.broken(`alarms: ${JSON.stringify(alarms)}`);
}

/** By the laws of the history: what was written for the app. */
function checkHistory(world: PushWorld): void {
  const {server, keys} = world;
  const audit = new HistoryAudit({keys, app: APP});
  for (const {revision, events} of server.kv.eventsSince(1) ?? []) {
    const changes = events.map((event) =>
      event.type === 'put'
        ? {key: event.entry.key, value: event.entry.value}
        : {key: event.key, value: undefined},
    );
    const [found] = audit
      .apply(revision, changes)
      .filter(({key}) => key.startsWith(`/sm/app/${APP}/`));
    if (found !== undefined) return world.broken(JSON.stringify(found));
  }
}

function unserved(world: PushWorld, shard: string): string {
  const spec = world.server.kv.get(world.keys.shardSpec(APP, shard));
  const record = world.record(shard);
  const running = [...world.containers.values()].filter(({shards}) => shards.has(shard));
  const names = running.map(({id}) => id).join(' ');
  if (spec === undefined)
    return record === undefined && names === '' ? '' : `is removed, and runs at ${names}`;
  const said = JSON.stringify(record);
  if (record?.state !== 'owned' || !record.ready) return `is not served: ${said}, runs at ${names}`;
  if (names !== record.container) return `runs at ${names}: ${said}`;
  const owner = world.containers.get(record.container);
  if (owner?.incarnation !== record.incarnation) return `is of a session that has ended: ${said}`;
  if (world.evicted.has(record.incarnation)) return `is of one that was evicted: ${said}`;
  return owner.shards.get(shard)?.disp === true ? '' : `is not run: ${said}`;
}

function leftOver(world: PushWorld): string {
  const {server, keys} = world;
  const living = new Set([...world.containers.values()].map(({incarnation}) => incarnation));
  const prefix = keys.heartbeatPrefix(APP);
  for (const {key} of server.kv.list(prefix)) if (!living.has(key.slice(prefix.length))) return key;
  for (const {key, value} of server.kv.list(keys.containerIdPrefix(APP))) {
    const holder = decodeIdHolder(value);
    if (holder !== '' && !living.has(holder)) return key;
  }
  const stored = keys.pushShardPrefix(APP);
  for (const {key} of server.kv.list(stored)) {
    const [container = '', shard = ''] = key.slice(stored.length).split('/');
    if (world.containers.get(container)?.shards.has(shard) !== true) return key;
  }
  return '';
}
