/**
 * Etcd layout (etcd-layout.md). Builders and `parse` are pure and the inverse of each other: `parse` takes only what a
 * builder makes, so no name, however hostile, can stand for two keys.
 */
import {isIncarnation, nameProblem, shardIdProblem} from '../model/ids.ts';

/** A key of ours, taken apart. */
export type ParsedKey =
  | {readonly kind: 'appSpec'; readonly app: string}
  | {readonly kind: 'shardSpec'; readonly app: string; readonly shard: string}
  | {
      readonly kind: 'worker';
      readonly app: string;
      readonly workerGroup: string;
      readonly container: string;
    }
  | {readonly kind: 'containerOrder'; readonly app: string; readonly container: string}
  | {readonly kind: 'containerOverride'; readonly app: string; readonly container: string}
  | {readonly kind: 'applyMarker'; readonly app: string}
  | {readonly kind: 'callKeys'; readonly app: string}
  | {readonly kind: 'stopPermissions'; readonly app: string}
  | {readonly kind: 'audit'; readonly id: string}
  | {readonly kind: 'leader'}
  | {readonly kind: 'cluster'}
  | {readonly kind: 'usage'}
  | {readonly kind: 'heartbeat'; readonly app: string; readonly incarnation: string}
  | {readonly kind: 'containerId'; readonly app: string; readonly container: string}
  | {readonly kind: 'ownership'; readonly app: string; readonly shard: string}
  | {readonly kind: 'governedBy'; readonly app: string}
  | {readonly kind: 'status'; readonly app: string}
  | {readonly kind: 'load'; readonly app: string; readonly part: number}
  | {readonly kind: 'moves'; readonly app: string; readonly round: string}
  | {readonly kind: 'events'; readonly app: string; readonly round: string}
  | {
      readonly kind: 'pushSession';
      readonly app: string;
      readonly container: string;
      readonly lease: string;
    }
  | {readonly kind: 'leaseGuard'; readonly app: string}
  /** A server of the Go project stands for election, or leads. */
  | {readonly kind: 'originLeader'; readonly app: string; readonly lease: string}
  | {
      readonly kind: 'pushShard';
      readonly app: string;
      readonly container: string;
      readonly shard: string;
    };

const PLAIN = /^[A-Za-z0-9_:-]+$/;
const PLAIN_BYTE = /[A-Za-z0-9_:-]/;
const ROUND = /^[0-9A-Za-z-]{1,64}$/;
const PART = /^\d$/;
const LEASE = /^[0-9a-f]{1,16}$/;
const AUDIT = /^\d{19}-[0-9a-z]{6}$/;
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', {fatal: true});

/** A shard id as one key segment: bytes outside A-Z a-z 0-9 _ : - are percent-encoded. */
export function encodeShard(shard: string): string {
  if (PLAIN.test(shard)) return shard;
  let encoded = '';
  for (const byte of encoder.encode(shard)) {
    const character = String.fromCharCode(byte);
    encoded +=
      byte < 0x80 && PLAIN_BYTE.test(character)
        ? character
        : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return encoded;
}

/** The inverse of `encodeShard`; undefined for any other spelling. */
export function decodeShard(segment: string): string | undefined {
  if (PLAIN.test(segment)) return segment;
  const bytes: number[] = [];
  for (let at = 0; at < segment.length; at += 1) {
    if (segment[at] !== '%') {
      bytes.push(segment.charCodeAt(at));
      continue;
    }
    const hex = segment.slice(at + 1, at + 3);
    if (!/^[0-9A-F]{2}$/.test(hex)) return undefined;
    bytes.push(Number.parseInt(hex, 16));
    at += 2;
  }
  if (bytes.some((byte) => byte > 0xff)) return undefined;
  try {
    const shard = decoder.decode(Uint8Array.from(bytes));
    return encodeShard(shard) === segment ? shard : undefined;
  } catch {
    return undefined;
  }
}

/** Keys of one prefix P and one service S. */
export class Keys {
  readonly prefix: string;
  /** sm's own service name S. */
  readonly service: string;
  private readonly root: string;

  /** `prefix` as configured, as `/sm`: a trailing slash makes no difference. */
  constructor(prefix: string, service: string) {
    this.prefix = prefix.replace(/\/+$/, '');
    this.service = service;
    this.root = `${this.prefix}/app/`;
  }

  /** All there is of all apps. */
  everyAppPrefix(): string {
    return this.root;
  }

  /** Every app's specs, workers and orders. */
  servicesPrefix(): string {
    return `${this.root}${this.service}/service/`;
  }

  appSpecPrefix(app: string): string {
    return `${this.servicesPrefix()}${app}/`;
  }

  appSpec(app: string): string {
    return `${this.appSpecPrefix(app)}spec`;
  }

  shardSpecPrefix(app: string): string {
    return `${this.appSpecPrefix(app)}shard/`;
  }

  shardSpec(app: string, shard: string): string {
    return this.shardSpecPrefix(app) + encodeShard(shard);
  }

  workerPrefix(app: string): string {
    return `${this.appSpecPrefix(app)}workerpool/`;
  }

  worker(app: string, workerGroup: string, container: string): string {
    return `${this.workerPrefix(app)}${workerGroup}/${container}`;
  }

  containerOrderPrefix(app: string): string {
    return `${this.appSpecPrefix(app)}container/`;
  }

  containerOrder(app: string, container: string): string {
    return this.containerOrderPrefix(app) + container;
  }

  containerOverridePrefix(app: string): string {
    return `${this.appSpecPrefix(app)}override/`;
  }

  /** What operators say of a container's weight, capacity and zone. */
  containerOverride(app: string, container: string): string {
    return this.containerOverridePrefix(app) + container;
  }

  /** Keys by which daemons and containers of the app know each other. */
  callKeys(app: string): string {
    return `${this.appSpecPrefix(app)}callkeys`;
  }

  /** Who applies a file to the app, and from which revision on. */
  applyMarker(app: string): string {
    return `${this.appSpecPrefix(app)}apply`;
  }

  /** Which containers of the app may be stopped, and by whom. */
  stopPermissions(app: string): string {
    return `${this.appSpecPrefix(app)}stop`;
  }

  auditPrefix(): string {
    return `${this.root}${this.service}/audit/`;
  }

  /** `id`: the revision that the change was decided at, 19 digits, and six characters that keep two changes of one revision apart. */
  audit(id: string): string {
    return this.auditPrefix() + id;
  }

  /** Every app is a shard of S. */
  governedShard(app: string): string {
    return this.shardSpec(this.service, app);
  }

  leader(): string {
    return `${this.root}${this.service}/leader`;
  }

  /** A server of the Go project has this one while it lives. `lease` as in `pushSession`. */
  originLeader(lease: string): string {
    return `${this.leader()}/${lease}`;
  }

  cluster(): string {
    return `${this.root}${this.service}/cluster`;
  }

  /** What all apps take together, and what they may. */
  usage(): string {
    return `${this.root}${this.service}/usage`;
  }

  /** Run-time keys of the app. For S itself the specs of all apps lie below it, too. */
  appRuntimePrefix(app: string): string {
    return `${this.root}${app}/`;
  }

  heartbeatPrefix(app: string): string {
    return `${this.root}${app}/hb/`;
  }

  heartbeat(app: string, incarnation: string): string {
    return this.heartbeatPrefix(app) + incarnation;
  }

  containerIdPrefix(app: string): string {
    return `${this.root}${app}/id/`;
  }

  containerId(app: string, container: string): string {
    return this.containerIdPrefix(app) + container;
  }

  ownershipPrefix(app: string): string {
    return `${this.root}${app}/own/`;
  }

  ownership(app: string, shard: string): string {
    return this.ownershipPrefix(app) + encodeShard(shard);
  }

  governedBy(app: string): string {
    return `${this.root}${app}/governedBy`;
  }

  status(app: string): string {
    return `${this.root}${app}/status`;
  }

  loadPrefix(app: string): string {
    return `${this.root}${app}/load/`;
  }

  /** `part`: of the summary of loads, 0 to 9. */
  load(app: string, part: number): string {
    return this.loadPrefix(app) + part;
  }

  movesPrefix(app: string): string {
    return `${this.root}${app}/moves/`;
  }

  moves(app: string, round: string): string {
    return this.movesPrefix(app) + round;
  }

  eventsPrefix(app: string): string {
    return `${this.root}${app}/events/`;
  }

  events(app: string, round: string): string {
    return this.eventsPrefix(app) + round;
  }

  pushSessionPrefix(app: string): string {
    return `${this.root}${app}/containerhb/`;
  }

  /** `lease`: the lease id as lower-case hex without leading zeros. */
  pushSession(app: string, container: string, lease: string): string {
    return `${this.pushSessionPrefix(app)}${container}/${lease}`;
  }

  leaseGuard(app: string): string {
    return `${this.root}${app}/lease/guard`;
  }

  /** The guard that push containers get between two guard leases; there only while one is replaced. */
  leaseBridge(app: string): string {
    return `${this.root}${app}/lease/bridge`;
  }

  /** Where containers of the Go project note the guard lease that they have taken over, one key each. */
  leaseSessionPrefix(app: string): string {
    return `${this.root}${app}/lease/session/`;
  }

  pushShardPrefix(app: string): string {
    return `${this.root}${app}/s/`;
  }

  pushShard(app: string, container: string, shard: string): string {
    return this.pushContainerPrefix(app, container) + encodeShard(shard);
  }

  /** All that one container of the Go project keeps of its shards. */
  pushContainerPrefix(app: string, container: string): string {
    return `${this.pushShardPrefix(app)}${container}/`;
  }

  /** The same of one shard, in that project's spelling: the id as it is. */
  originShard(app: string, container: string, shard: string): string {
    return this.pushContainerPrefix(app, container) + shard;
  }

  /** What a key is; undefined for whatever no builder of these Keys makes. */
  parse(key: string): ParsedKey | undefined {
    if (!key.startsWith(this.root)) return undefined;
    const parts = key.slice(this.root.length).split('/');
    const app = parts[0] ?? '';
    if (nameProblem('app', app) !== undefined) return undefined;
    if (app === this.service && parts[1] === 'service') return parseSpec(parts);
    return this.parseRuntime(app, parts);
  }

  private parseRuntime(app: string, parts: readonly string[]): ParsedKey | undefined {
    const [, family, first, second] = parts;
    if (parts.length === 2) return this.parseSingle(app, family ?? '');
    if (parts.length === 3 && family === 'leader')
      return app === this.service && LEASE.test(first ?? '')
        ? {kind: 'originLeader', app, lease: first ?? ''}
        : undefined;
    if (parts.length === 3 && family === 'audit')
      return app === this.service && AUDIT.test(first ?? '')
        ? {kind: 'audit', id: first ?? ''}
        : undefined;
    if (parts.length === 3 && first !== undefined) return parsePair(app, family ?? '', first);
    if (parts.length !== 4 || first === undefined || second === undefined) return undefined;
    if (nameProblem('container', first) !== undefined) return undefined;
    if (family === 'containerhb' && LEASE.test(second))
      return {kind: 'pushSession', app, container: first, lease: second};
    return family === 's'
      ? withShard(second, (shard) => ({kind: 'pushShard', app, container: first, shard}))
      : undefined;
  }

  private parseSingle(app: string, family: string): ParsedKey | undefined {
    if (family === 'governedBy' || family === 'status') return {kind: family, app};
    if (app !== this.service) return undefined;
    if (family === 'usage') return {kind: family};
    return family === 'leader' || family === 'cluster' ? {kind: family} : undefined;
  }
}

function parsePair(app: string, family: string, id: string): ParsedKey | undefined {
  switch (family) {
    case 'own':
      return withShard(id, (shard) => ({kind: 'ownership', app, shard}));
    case 'hb':
      return isIncarnation(id) ? {kind: 'heartbeat', app, incarnation: id} : undefined;
    case 'id':
      return nameProblem('container', id) === undefined
        ? {kind: 'containerId', app, container: id}
        : undefined;
    case 'moves':
    case 'events':
      return ROUND.test(id) ? {kind: family, app, round: id} : undefined;
    case 'load':
      return PART.test(id) ? {kind: 'load', app, part: Number(id)} : undefined;
    case 'lease':
      return id === 'guard' ? {kind: 'leaseGuard', app} : undefined;
    default:
      return undefined;
  }
}

function parseSpec(parts: readonly string[]): ParsedKey | undefined {
  const [, , app = '', family, first = '', second] = parts;
  if (nameProblem('app', app) !== undefined) return undefined;
  if (parts.length === 4) {
    if (family === 'apply') return {kind: 'applyMarker', app};
    if (family === 'callkeys') return {kind: 'callKeys', app};
    if (family === 'stop') return {kind: 'stopPermissions', app};
    return family === 'spec' ? {kind: 'appSpec', app} : undefined;
  }
  if (parts.length === 5 && family === 'shard')
    return withShard(first, (shard) => ({kind: 'shardSpec', app, shard}));
  if (parts.length === 5) {
    if (nameProblem('container', first) !== undefined) return undefined;
    if (family === 'container') return {kind: 'containerOrder', app, container: first};
    return family === 'override' ? {kind: 'containerOverride', app, container: first} : undefined;
  }
  if (parts.length !== 6 || family !== 'workerpool' || second === undefined) return undefined;
  if (
    nameProblem('worker group', first) !== undefined ||
    nameProblem('container', second) !== undefined
  )
    return undefined;
  return {kind: 'worker', app, workerGroup: first, container: second};
}

function withShard(segment: string, make: (shard: string) => ParsedKey): ParsedKey | undefined {
  const shard = decodeShard(segment);
  return shard === undefined || shardIdProblem(shard) !== undefined ? undefined : make(shard);
}
