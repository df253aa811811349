import {isIP} from 'node:net';
import {ETCD_PREFIX_DEFAULT} from '../model/etcd-prefix.ts';
import {SmError} from '../model/errors.ts';
import type {HeartbeatIdentity} from '../model/container.ts';
import {endpointsProblem, isAddress} from '../model/endpoint.ts';
import {isFields} from '../model/fields.ts';
import {checkName} from '../model/ids.ts';
import {refuseOtherKinds, refuseUnknownOptions} from '../model/known-options.ts';
import type {Kind, KindsOf} from '../model/known-options.ts';
import {addressOf, bareHost, isWildcardHost} from '../model/listen-fault.ts';
import {said} from '../model/said.ts';
import {stderrLogger} from './default-logger.ts';
import {harmlessLogger} from './harmless-logger.ts';
import {checkLogin} from './login-check.ts';
import type {LoadCallback} from './container-loads.ts';
import type {ReceiverTls} from './receiver-tls.ts';
import type {EtcdLogin} from './secrets.ts';
import type {ShardHooks} from './shard.ts';
import type {Logger} from '../runtime/log-port.ts';
import {
  ADD_TIMEOUT_DEFAULT_MS,
  DROP_TIMEOUT_DEFAULT_MS,
  HOOK_TIMEOUT_LIMIT_MS,
  LEAVE_TIMEOUT_DEFAULT_MS,
} from './limits.ts';
import {
  CAPACITY_LIMIT,
  LOAD_LIMIT,
  PORT_LIMIT,
  TTL_DEFAULT_MS,
  TTL_MAX_MS,
  TTL_MIN_MS,
  WEIGHT_LIMIT,
} from '../model/limits.ts';

/** How a container joins an app. */
export interface JoinOptions {
  /** The app to join. */
  app: string;
  /** etcd endpoints, `host:port` or URLs. */
  endpoints: readonly string[];
  /** Container id, the same after a restart. Default: the address at which daemons reach it, `host:port`. */
  id?: string;
  /** Host name or IP address of this process, at which daemons reach it unless `advertise` says otherwise. Default: that of `advertise`, or 127.0.0.1. */
  host?: string;
  /** Port of the hint receiver; 0 takes a free one. Default 0. Containers of one process may share one port if each has an id. */
  port?: number;
  /** Address to listen on, as 0.0.0.0 for all of the machine. Default: `host`. */
  bind?: string;
  /**
   * `host:port` at which daemons reach this process, where it is another one than it listens on: behind NAT, a port that is mapped, a proxy. It
   * has to lead to this process alone, not to one of several. Default: `host` and the port of the hint receiver.
   */
  advertise?: string;
  /** `etcdPrefix` of the daemons' configuration. Default /sm. */
  etcdPrefix?: string;
  /** `service` of the daemons' configuration: whose specs to read. Default: as written at app creation. */
  service?: string;
  /** Certificates and password as they are, as `{file: path}`, or by a function. Files and functions are looked at every 10 s, and what has changed is used. */
  etcd?: EtcdLogin;
  /** Where it stands: a rack, a data centre. Apps may spread shards over zones. Default ''. */
  zone?: string;
  /** Its share of shards and load relative to other containers, 0-1000: one of weight 2 gets twice as much as one of 1; 0: no share. Default 1. */
  weight?: number;
  /** Most shards that it may own, beside the app's maxShardCount; 0: no limit of its own. Default 0. */
  capacity?: number;
  /** Most load that it can bear, by metric of the app's policy; 0: no limit in that metric. Default: no limits. */
  limits?: Record<string, number>;
  /** Shown to operators beside the container, as `{rack: 'r7'}`; text each; those that are undefined are left out. Nothing is decided by them. Default: none. */
  labels?: Record<string, string | undefined>;
  /** The application's version, shown to operators. */
  version?: string;
  /** T: how long a heartbeat gives the right to act, ms, 3000-60000. Default 10000. */
  ttlMs?: number;
  /** An `add` that takes longer is reported as stuck, ms. Default 60000. */
  addTimeoutMs?: number;
  /** A `drop` that takes longer is reported as stuck, ms. Default 30000. */
  dropTimeoutMs?: number;
  /** `leave()` resolves at the latest after this, ms. What nobody has moved away after two thirds of it is dropped. Default 30000. */
  leaveTimeoutMs?: number;
  /** Wait for the app to be created instead of failing with APP_NOT_FOUND. Default false. */
  waitForApp?: boolean;
  /** Fail with ID_TAKEN when another living process has this id, instead of waiting for it. Default false. */
  refuseTakenId?: boolean;
  /** Leave on SIGTERM and SIGINT; a second one ends the process at once. Default false. */
  signals?: boolean;
  /** Kill the process from a worker thread when it outlives its right to act by a stalled event loop. Default false. */
  watchdog?: boolean;
  /** Attach the hint receiver to a server of yours, which listens at `port`, with `container.handler` instead of opening one. Default false. */
  attach?: boolean;
  /** TLS of the hint receiver, so that daemons call it by https; with `attach`: true when your server speaks TLS. Default: HTTP. */
  tls?: ReceiverTls | true;
  /**
   * Asked for the loads of a shard when its governor wants to know, instead of or besides `shard.report`: what it gives counts as reported. Must
   * be synchronous and quick. What it throws is counted and goes no further.
   */
  load?: LoadCallback;
  /**
   * Take no call of a daemon that is not signed with a key of the app. Default false: hints of daemons of before, which do not sign, are taken
   * until one signs.
   */
  requireSigned?: boolean;
  /**
   * Takes all that is worth saying. Default: warnings and errors go to stderr, one line each, nothing else: a container that was evicted, or whose
   * hook hangs, must not be silent about it. `silentLogger` says nothing.
   */
  logger?: Logger;
}

/** Options with every default filled in. */
export type Joining = Required<
  Omit<JoinOptions, 'id' | 'etcd' | 'load' | 'service' | 'tls' | 'labels' | 'advertise'>
> &
  Pick<JoinOptions, 'id' | 'etcd' | 'load' | 'service' | 'tls' | 'advertise'> & {
    labels: Record<string, string>;
  };

/** @throws SmError INVALID_INPUT or INVALID_NAME. */
export function checkJoinOptions(options: JoinOptions): Joining {
  if (typeof options !== 'object' || (options as unknown) === null) {
    throw new SmError('INVALID_INPUT', 'the options of joinApp are not an object', {
      hint: "pass {app: 'orders', endpoints: ['127.0.0.1:2379']} as the first argument",
    });
  }
  checkKinds(options);
  checkName('app', options.app);
  if (options.id !== undefined) checkName('container', options.id);
  checkEndpoints(options.endpoints);
  const advertised = checkAdvertise(options.advertise);
  if (options.attach === true && (options.port ?? 0) === 0 && advertised === undefined) {
    throw new SmError('INVALID_INPUT', 'attach is set without port', {
      hint: 'set port to the port on which your server listens, so that daemons can reach it; or set advertise',
    });
  }
  checkReceiverTls(options);
  checkLogin(options.etcd ?? {});
  if (options.load !== undefined && typeof options.load !== 'function') {
    throw new SmError('INVALID_INPUT', 'load is not a function', {
      hint: 'pass load: (shard) => ({qps: 12}), or leave it out and call shard.report',
    });
  }
  const host = checkHost(options.host ?? advertised ?? '127.0.0.1');
  const whole = (
    name: 'port' | 'capacity' | 'ttlMs' | 'addTimeoutMs' | 'dropTimeoutMs' | 'leaveTimeoutMs',
    otherwise: number,
    least: number,
    most: number,
  ): number => between(name, options[name] ?? otherwise, least, most);
  return {
    ...options,
    host,
    port: whole('port', 0, 0, PORT_LIMIT),
    bind: options.bind ?? host,
    etcdPrefix: options.etcdPrefix ?? ETCD_PREFIX_DEFAULT,
    zone: checkZone(options.zone ?? ''),
    weight: checkAmount('weight', options.weight ?? 1, WEIGHT_LIMIT),
    capacity: whole('capacity', 0, 0, CAPACITY_LIMIT),
    limits: checkLimits(options.limits ?? {}),
    labels: checkLabels(options.labels ?? {}),
    version: options.version ?? '',
    ttlMs: whole('ttlMs', TTL_DEFAULT_MS, TTL_MIN_MS, TTL_MAX_MS),
    addTimeoutMs: whole('addTimeoutMs', ADD_TIMEOUT_DEFAULT_MS, 1, HOOK_TIMEOUT_LIMIT_MS),
    dropTimeoutMs: whole('dropTimeoutMs', DROP_TIMEOUT_DEFAULT_MS, 1, HOOK_TIMEOUT_LIMIT_MS),
    leaveTimeoutMs: whole('leaveTimeoutMs', LEAVE_TIMEOUT_DEFAULT_MS, 0, HOOK_TIMEOUT_LIMIT_MS),
    waitForApp: options.waitForApp ?? false,
    refuseTakenId: options.refuseTakenId ?? false,
    signals: options.signals ?? false,
    watchdog: options.watchdog ?? false,
    attach: options.attach ?? false,
    requireSigned: options.requireSigned ?? false,
    logger: checkLogger(options.logger ?? stderrLogger()),
  };
}

/** Every option, and below every part of `etcd` and `tls`, for programs without types. */
const OPTIONS: KindsOf<JoinOptions> = {
  ...{app: 'other', endpoints: 'other', id: 'other', host: 'other', port: 'other'},
  ...{bind: 'text', advertise: 'other', etcdPrefix: 'text', service: 'text', etcd: 'other'},
  ...{zone: 'other', weight: 'other', capacity: 'other', limits: 'an object'},
  ...{labels: 'an object', version: 'text', ttlMs: 'other', addTimeoutMs: 'other'},
  ...{dropTimeoutMs: 'other', leaveTimeoutMs: 'other', waitForApp: 'true or false'},
  ...{refuseTakenId: 'true or false', signals: 'true or false', watchdog: 'true or false'},
  ...{attach: 'true or false', tls: 'other', load: 'other'},
  ...{requireSigned: 'true or false', logger: 'other'},
};

const LOGIN: KindsOf<EtcdLogin> = {
  ...{username: 'other', password: 'other', plainPassword: 'true or false', tls: 'other'},
};

const LOGIN_TLS: KindsOf<NonNullable<EtcdLogin['tls']>> = {
  ...{ca: 'other', cert: 'other', key: 'other'},
};

const RECEIVER_TLS: KindsOf<ReceiverTls> = {cert: 'other', key: 'other', clientCa: 'other'};

/** Names first: a misspelt one says more than what it leaves unset. @throws SmError INVALID_INPUT. */
function checkKinds(options: JoinOptions): void {
  const levels: readonly (readonly [string, unknown, Readonly<Record<string, Kind>>])[] = [
    ['', options, OPTIONS],
    ['etcd.', options.etcd, LOGIN],
    ['etcd.tls.', options.etcd?.tls, LOGIN_TLS],
    ['tls.', options.tls, RECEIVER_TLS],
  ];
  for (const [prefix, given, kinds] of levels)
    refuseUnknownOptions('joinApp', prefix, given, kinds);
  for (const [prefix, given, kinds] of levels) refuseOtherKinds(prefix, withoutNull(given), kinds);
}

/** null means the default, as undefined does. */
function withoutNull(given: unknown): unknown {
  if (!isFields(given)) return given;
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null));
}

function checkEndpoints(endpoints: unknown): void {
  const problem = endpointsProblem(endpoints);
  if (problem === undefined) return;
  throw new SmError('INVALID_INPUT', `endpoints ${problem}`, {
    hint: "pass a list of etcd endpoints, such as ['127.0.0.1:2379']",
  });
}

/** Daemons call nothing else, and a container that cannot be called gets no shards. @throws SmError INVALID_INPUT. */
function checkHost(host: unknown): string {
  const isText = typeof host === 'string';
  const hasPort = isText && bareHost(host).includes(':') && isIP(bareHost(host)) === 0;
  if (!isText || hasPort || !isAddress(addressOf(host, PORT_LIMIT))) {
    throw new SmError('INVALID_INPUT', `host ${JSON.stringify(host)} is not a name or an address`, {
      hint: 'pass a host name or an IP address alone; the port is an option of its own',
    });
  }
  if (isWildcardHost(host)) {
    throw new SmError('INVALID_INPUT', `host ${host} means all addresses: no daemon can call it`, {
      hint: `set host or advertise to an address at which daemons reach this process, and bind: ${host} to listen on all addresses`,
    });
  }
  return host;
}

/** Returns its host without brackets, undefined where it is not given. @throws SmError INVALID_INPUT. */
function checkAdvertise(address: unknown): string | undefined {
  if (address === undefined) return undefined;
  const named = JSON.stringify(address);
  if (typeof address !== 'string' || !isAddress(address)) {
    throw new SmError('INVALID_INPUT', `advertise ${named} is not of the form host:port`, {
      hint: "pass the address at which daemons reach this process, such as 'orders-1.example.com:7001'",
    });
  }
  const host = bareHost(address.slice(0, address.lastIndexOf(':')));
  if (isWildcardHost(host)) {
    throw new SmError(
      'INVALID_INPUT',
      `advertise ${named} means all addresses: no daemon can call it`,
      {
        hint: 'set advertise to a host:port at which daemons reach this process; bind says where it listens',
      },
    );
  }
  return host;
}

/** One that lacks a method says nothing when there is something to say. @throws SmError INVALID_INPUT. */
function checkLogger(logger: Logger): Logger {
  for (const name of ['debug', 'info', 'warn', 'error', 'child'] as const) {
    if (typeof logger[name] === 'function') continue;
    throw new SmError('INVALID_INPUT', `logger.${name} is not a function`, {
      hint: 'pass a logger such as that of pino; or leave it out: warnings and errors then go to stderr',
    });
  }
  return harmlessLogger(logger);
}

/** A container without `drop` would take shards and could never give them back. @throws SmError INVALID_INPUT. */
export function checkHooks(hooks: Partial<ShardHooks> | undefined): void {
  for (const name of ['add', 'drop'] as const) {
    if (typeof hooks?.[name] === 'function') continue;
    throw new SmError('INVALID_INPUT', `hooks.${name} is not a function`, {
      hint: 'pass two functions as the second argument: {add(shard) {...}, drop(shard, reason) {...}}',
    });
  }
}

function checkReceiverTls({tls, attach = false}: JoinOptions): void {
  if (tls === undefined) return;
  if (attach && tls !== true)
    throw new SmError('INVALID_INPUT', 'tls has certificates, and attach uses your server', {
      hint: 'set tls: true when your server speaks TLS',
    });
  // Programs without types pass null.
  const own: Partial<ReceiverTls> = tls === true ? {} : (tls ?? {});
  if (!attach && (own.cert === undefined || own.key === undefined))
    throw new SmError('INVALID_INPUT', 'tls lacks cert or key', {
      hint: 'pass tls: {cert: {file: ...}, key: {file: ...}}; true is for attach alone',
    });
}

/** What the heartbeat says of it; what is as by default is left out. */
export function shareOf({
  weight,
  capacity,
  limits,
}: Joining): Pick<HeartbeatIdentity, 'weight' | 'capacity' | 'limits'> {
  return {...(weight === 1 ? {} : {weight}), ...said({capacity, limits})};
}

function checkZone(zone: string): string {
  return zone === '' ? zone : checkName('zone', zone);
}

function checkLimits(limits: Record<string, number>): Record<string, number> {
  for (const [metric, limit] of Object.entries(limits)) {
    checkName('metric', metric);
    checkAmount(`limits.${metric}`, limit, LOAD_LIMIT);
  }
  return {...limits};
}

/** Readers of a heartbeat leave out what is not text: whoever registers such a label would look for it in vain. */
function checkLabels(labels: Readonly<Record<string, unknown>>): Record<string, string> {
  const checked: Record<string, string> = {};
  for (const [name, value] of Object.entries(labels)) {
    // As by `{rack: process.env.RACK}`.
    if (value === undefined) continue;
    if (typeof value !== 'string')
      throw new SmError('INVALID_INPUT', `labels.${name} is not text`, {
        hint: 'give each label as text: String(value)',
      });
    checked[name] = value;
  }
  return checked;
}

function checkAmount(name: string, value: number, most: number): number {
  if (typeof value === 'number' && value >= 0 && value <= most) return value;
  throw new SmError('INVALID_INPUT', `${name} is ${String(value)}`, {
    hint: `give a number from 0 to ${most}`,
  });
}

function between(name: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new SmError('INVALID_INPUT', `${name} is ${String(value)}`, {
    hint: `give a whole number from ${least} to ${most}`,
  });
}
