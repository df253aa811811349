/**
 * What holds whatever happens:
 * - who takes the leader's key has a heartbeat, and finds no other leader; who takes it away is the leader, or has let the leader's T pass;
 * - what only the leader writes is written while the leader's key names the writer, and what only the governor of an app writes while the
 *   app's record does: whatever it believes, and however late it comes;
 * - what the checker of the simulation knows of records, heartbeats, ids and the right to act.
 *
 * And once everything has been calm for long: one daemon leads, and knows it; each app has one governor; whoever was evicted has ended.
 */
import type {ParsedKey} from '../../../../src/etcd/keys.ts';
import {decodeLeader, decodeOwnership} from '../../../../src/protocol/records.ts';
import type {AppStatus} from '../../../../src/model/status.ts';
import type {Operation, Transaction} from '../../../../src/store/port.ts';
import type {SimProcess} from '../../../simulation/process.ts';
import type {Settled, StoreObserver} from '../../../simulation/store-observer.ts';
import type {WalkedDaemon} from './daemon.ts';
import {APPS, TTL_MS} from './world.ts';
import type {LeadershipWorld} from './world.ts';

/** Written by governors and by nobody else. */
const GOVERNOR_KEYS: ReadonlySet<ParsedKey['kind']> = new Set(['status', 'moves', 'load']);

export class LeadershipChecks implements StoreObserver {
  private readonly world: LeadershipWorld;
  /** When each heartbeat was written last. */
  private readonly beatAtMs = new Map<string, number>();

  constructor(world: LeadershipWorld) {
    this.world = world;
  }

  applying(process: SimProcess | undefined, transaction: Transaction, commits: boolean): void {
    this.world.checker.applying(process, transaction, commits);
    if (!commits) return;
    for (const operation of transaction.then) {
      if (operation.op === 'get') continue;
      const problem = process && this.problemOf(process, operation);
      if (problem !== undefined) this.world.broken(`${process?.name} ${problem}`);
      if (operation.op === 'put') this.beatAtMs.set(operation.key, this.world.nowMs);
    }
  }

  applied(process: SimProcess | undefined, transaction: Transaction, outcome: Settled): void {
    this.world.checker.applied(process, transaction, outcome);
  }

  private problemOf(process: SimProcess, operation: Operation): string | undefined {
    const {keys} = this.world;
    const {key} = operation;
    if (key === keys.usage() && !this.leads(process)) return 'counts quotas and does not lead';
    const parsed = keys.parse(key);
    if (parsed?.kind === 'leader')
      return operation.op === 'put'
        ? this.problemOfElection(process, operation.value)
        : this.problemOfRemoval(process);
    if (parsed?.kind === 'heartbeat' && parsed.app === keys.service && operation.op === 'delete')
      return this.problemOfEviction(process, parsed.incarnation);
    if (parsed !== undefined && 'app' in parsed && GOVERNOR_KEYS.has(parsed.kind))
      return this.governs(process, parsed.app) ? undefined : `writes ${key} and does not govern`;
    return undefined;
  }

  private problemOfElection(process: SimProcess, value: string): string | undefined {
    const {world} = this;
    const {keys, server} = world;
    const decoded = decodeLeader(value);
    const incarnation = decoded.ok ? (decoded.value.incarnation ?? '') : '';
    if (server.kv.get(keys.leader()) !== undefined) return "takes the leader's key from another";
    if (!process.ids.has(incarnation)) return 'makes another the leader';
    const isThere = server.kv.get(keys.heartbeat(keys.service, incarnation)) !== undefined;
    return isThere ? undefined : 'leads without a heartbeat';
  }

  private problemOfRemoval(process: SimProcess): string | undefined {
    const leader = this.leader;
    if (leader === undefined || process.ids.has(leader)) return undefined;
    const {keys, server} = this.world;
    if (server.kv.get(keys.heartbeat(keys.service, leader)) === undefined) return undefined;
    return this.wasSilent(leader) ? undefined : `deposes ${leader}, which beats`;
  }

  private problemOfEviction(process: SimProcess, incarnation: string): string | undefined {
    if (process.ids.has(incarnation)) return undefined;
    if (!this.wasSilent(incarnation)) return `evicts ${incarnation}, which beats`;
    // In one transaction with the leader's key, or as the governor of sm.
    return this.leader === incarnation || this.leads(process)
      ? undefined
      : `evicts ${incarnation} and does not lead`;
  }

  /** For T by real time, whatever a detector's clock says. */
  private wasSilent(incarnation: string): boolean {
    const {keys, nowMs} = this.world;
    const atMs = this.beatAtMs.get(keys.heartbeat(keys.service, incarnation));
    return atMs === undefined || nowMs - atMs >= TTL_MS;
  }

  get leader(): string | undefined {
    const {keys, server} = this.world;
    const entry = server.kv.get(keys.leader());
    const decoded = entry === undefined ? undefined : decodeLeader(entry.value);
    return decoded?.ok === true ? decoded.value.incarnation : undefined;
  }

  private leads(process: SimProcess): boolean {
    return this.leader !== undefined && process.ids.has(this.leader);
  }

  private governs(process: SimProcess, app: string): boolean {
    if (app === this.world.keys.service) return this.leads(process);
    const record = recordOf(this.world, app);
    return record?.state === 'owned' && process.ids.has(record.incarnation);
  }
}

/** The daemon that leads by the store and knows it; undefined where there is none, or another believes that it leads. */
export function soleLeader(world: LeadershipWorld): WalkedDaemon | undefined {
  const leading = [...world.daemons].filter(({leads}) => leads);
  const [one] = leading;
  const {leader} = world.checks;
  if (one === undefined || leading.length > 1 || leader === undefined) return undefined;
  return one.governing?.driver.session.incarnation === leader ? one : undefined;
}

export function checkEnd(world: LeadershipWorld): void {
  for (const [{id, process, end}, incarnation] of world.evicted)
    if (end === '')
      world.broken(`${process.name} of ${id} was evicted as ${incarnation}, and lives`);
  const leader = soleLeader(world);
  if (leader === undefined) world.broken(`nobody leads alone: ${world.checks.leader ?? 'no key'}`);
  for (const app of APPS) checkGoverned(world, app);
  checkKeys(world);
}

function checkGoverned(world: LeadershipWorld, app: string): void {
  const record = recordOf(world, app);
  const governing = [...world.daemons].filter(({apps}) => apps.includes(app));
  const names = governing.map(({process}) => process.name).join(' ');
  const [only] = governing;
  const isOwner = only?.governing?.driver.session.incarnation === record?.incarnation;
  if (record?.state !== 'owned' || governing.length !== 1 || !isOwner)
    world.broken(`${app} is governed by '${names}': ${JSON.stringify(record)}`);
}

/** Every daemon holds its id, and every key is of a daemon that is there. */
function checkKeys(world: LeadershipWorld): void {
  const {server, keys} = world;
  const living = new Map(
    [...world.daemons].map(({id, governing}) => [governing?.driver.session.incarnation ?? '', id]),
  );
  const prefix = keys.heartbeatPrefix(keys.service);
  for (const {key} of server.kv.list(prefix))
    if (!living.has(key.slice(prefix.length))) world.broken(`${key} is left`);
  for (const id of living.values()) {
    const {incarnation = ''} = JSON.parse(
      server.kv.get(keys.containerId(keys.service, id))?.value ?? '{}',
    ) as {incarnation?: string};
    if (living.get(incarnation) !== id) world.broken(`${id} is held by '${incarnation}'`);
  }
  const status = server.kv.get(keys.status(keys.service));
  const {alarms = []} = JSON.parse(status?.value ?? '{}') as Partial<AppStatus>;
  // Who has ended again and again gets shards on trial for minutes.
  if (alarms.some(({code}) => code !== 'REFUSING'))
    world.broken(`alarms: ${JSON.stringify(alarms)}`);
}

function recordOf({server, keys}: LeadershipWorld, app: string) {
  const entry = server.kv.get(keys.ownership(keys.service, app));
  const decoded = entry === undefined ? undefined : decodeOwnership(entry.value);
  return decoded?.ok === true ? decoded.value : undefined;
}
