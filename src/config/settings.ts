/** Every setting the file may hold: its path, how it is checked, and the error for a wrong value. */
import {isIP} from 'node:net';
import {endpointsProblem, isAddress, isEndpoint} from '../model/endpoint.ts';
import {nameProblem} from '../model/ids.ts';
import {bareHost} from '../model/listen-fault.ts';
import {CLUSTER_QUOTA_NAMES} from '../model/quota.ts';
import {QUOTA_LEAST_BYTES, SHUTDOWN_LIMIT_MS} from './limits.ts';
import {PORT_LIMIT, QUOTA_MOST, TTL_MAX_MS, TTL_MIN_MS} from '../model/limits.ts';

export interface Setting {
  /** What is wrong with the value, or undefined. */
  readonly problem: (value: unknown) => string | undefined;
  readonly required?: boolean;
  /** What another spelling of the value means; undefined where it is none. The Go project takes some more than we do. */
  readonly meant?: (value: unknown) => unknown;
}

const PREFIX = /^(\/[A-Za-z0-9._-]+)+$/;

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? undefined : 'is not text';
}

function matching(pattern: RegExp, form: string): Setting['problem'] {
  return (value) =>
    typeof value === 'string' && pattern.test(value) ? undefined : `is not of the form ${form}`;
}

function whole(least: number, most: number): Setting['problem'] {
  return (value) =>
    typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most
      ? undefined
      : `is not a whole number from ${least} to ${most}`;
}

function oneOf(...words: readonly string[]): Setting['problem'] {
  return (value) =>
    words.includes(value as string) ? undefined : `is not one of ${words.join(', ')}`;
}

function yesOrNo(value: unknown): string | undefined {
  return typeof value === 'boolean' ? undefined : 'is neither true nor false';
}

function hostName(value: unknown): string | undefined {
  const isHost =
    typeof value === 'string' && (isIP(bareHost(value)) !== 0 || /^[A-Za-z0-9._-]+$/.test(value));
  return isHost ? undefined : 'is not an IP address or a host name, without scheme and port';
}

function isNetwork(value: unknown): boolean {
  const [, address = '', bits] = /^([0-9A-Fa-f:.]+)\/(\d{1,3})$/.exec(String(value)) ?? [];
  const family = isIP(address);
  return family !== 0 && Number(bits) <= (family === 4 ? 32 : 128);
}

function networks(value: unknown): string | undefined {
  if (!Array.isArray(value) || value.length === 0) return 'is not a list of networks';
  const wrong: unknown = value.find((one) => !isNetwork(one));
  return wrong === undefined
    ? undefined
    : `holds ${JSON.stringify(wrong)}, which is not a network as 10.0.0.0/8 or fd00::/8`;
}

function meantNumber(value: unknown): unknown {
  return typeof value === 'string' && /^\d{1,5}$/.test(value) ? Number(value) : undefined;
}

function meantPrefix(value: unknown): unknown {
  return typeof value === 'string' && /[^/]\/+$/.test(value)
    ? value.replace(/\/+$/, '')
    : undefined;
}

function meantList(value: unknown): unknown {
  return isEndpoint(value) ? [value] : undefined;
}

/** By path. A path that is a prefix of another is a section. */
export const SETTINGS: ReadonlyMap<string, Setting> = new Map<string, Setting>([
  ['service', {problem: (value) => nameProblem('service', value), required: true}],
  ['port', {problem: whole(1, PORT_LIMIT), required: true, meant: meantNumber}],
  ['endpoints', {problem: endpointsProblem, meant: meantList}],
  [
    'etcdPrefix',
    {problem: matching(PREFIX, '/name or /name/name'), required: true, meant: meantPrefix},
  ],
  ['host', {problem: hostName}],
  [
    'advertise',
    {problem: (value) => (isAddress(value) ? undefined : 'is not of the form host:port')},
  ],
  ['etcd.username', {problem: text}],
  ['etcd.passwordFile', {problem: text}],
  ['etcd.plainPassword', {problem: yesOrNo}],
  ['etcd.tls.ca', {problem: text}],
  ['etcd.tls.cert', {problem: text}],
  ['etcd.tls.key', {problem: text}],
  ['dataDir', {problem: text}],
  ['embedded.host', {problem: hostName}],
  ['embedded.port', {problem: whole(1, PORT_LIMIT)}],
  ['embedded.auth', {problem: oneOf('password', 'none')}],
  ['embedded.quotaBytes', {problem: whole(QUOTA_LEAST_BYTES, Number.MAX_SAFE_INTEGER)}],
  ['embedded.tls.ca', {problem: text}],
  ['embedded.tls.cert', {problem: text}],
  ['embedded.tls.key', {problem: text}],
  [
    'auth',
    {
      problem: (value) =>
        value === 'none' ? undefined : 'is neither none nor a section with tokenFile',
    },
  ],
  ['auth.tokenFile', {problem: text}],
  ['filePermissions', {problem: oneOf('strict', 'any')}],
  ['tls.cert', {problem: text}],
  ['tls.key', {problem: text}],
  ['tls.ca', {problem: text}],
  ['tls.clientCa', {problem: text}],
  ['tls.clientRoles', {problem: text}],
  ['log.level', {problem: oneOf('debug', 'info', 'warn', 'error')}],
  ['log.format', {problem: oneOf('json', 'text')}],
  ['audit.file', {problem: text}],
  ['heartbeat.ttlMs', {problem: whole(TTL_MIN_MS, TTL_MAX_MS)}],
  ['shutdownTimeoutMs', {problem: whole(0, SHUTDOWN_LIMIT_MS)}],
  ['containerNetworks', {problem: networks}],
  ['containerTls.ca', {problem: text}],
  ['containerTls.cert', {problem: text}],
  ['containerTls.key', {problem: text}],
  ['containerTls.required', {problem: yesOrNo}],
  ['compaction', {problem: oneOf('auto', 'off')}],
  ...CLUSTER_QUOTA_NAMES.map((name): [string, Setting] => [
    `quota.${name}`,
    {problem: whole(1, QUOTA_MOST)},
  ]),
]);

/** Paths that hold other settings. */
export const SECTIONS: ReadonlySet<string> = new Set(
  [...SETTINGS.keys()].flatMap((path) => {
    const parts = path.split('.');
    return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('.'));
  }),
);
