/** How much an app, and all apps together, may take. Pure. */
import {SmError} from './errors.ts';
import {
  APP_CALLS_DEFAULT_PER_SECOND,
  APP_CONTAINERS_DEFAULT,
  APP_GROUPS_DEFAULT,
  APP_PUSH_SESSIONS_DEFAULT,
  APP_SHARDS_DEFAULT,
  APP_SPECS_DEFAULT_BYTES,
  CLUSTER_APPS_DEFAULT,
  CLUSTER_CALLS_DEFAULT_PER_SECOND,
  CLUSTER_CONTAINERS_DEFAULT,
  CLUSTER_GROUPS_DEFAULT,
  CLUSTER_PUSH_SESSIONS_DEFAULT,
  CLUSTER_SHARDS_DEFAULT,
  CLUSTER_SPECS_DEFAULT_BYTES,
} from './limits.ts';

/** What a quota of an app counts. */
export const QUOTA_NAMES = [
  'shards',
  'containers',
  'specBytes',
  'groups',
  'pushSessions',
  'callsPerSecond',
] as const;

export type QuotaName = (typeof QUOTA_NAMES)[number];

/** What is set for one app; what is absent is as by default. */
export type AppQuota = Partial<Record<QuotaName, number>>;

/** What a quota of the cluster counts: sums over all apps; `callsPerSecond` is of each daemon. */
export const CLUSTER_QUOTA_NAMES = ['apps', ...QUOTA_NAMES] as const;

export type ClusterQuota = Readonly<Record<(typeof CLUSTER_QUOTA_NAMES)[number], number>>;

/** What an app takes now. Calls are counted by each daemon for itself, and not here. */
export interface AppUsage {
  readonly shards: number;
  /** Containers with a heartbeat, push containers among them. */
  readonly containers: number;
  /** Bytes of the ids and tasks of all shards, UTF-8. */
  readonly specBytes: number;
  /** Groups of shards, and worker groups. */
  readonly groups: number;
  readonly pushSessions: number;
}

/** What all apps take together. */
export interface ClusterUsage extends AppUsage {
  readonly apps: number;
}

const APP_QUOTA_DEFAULT: Readonly<Record<QuotaName, number>> = {
  shards: APP_SHARDS_DEFAULT,
  containers: APP_CONTAINERS_DEFAULT,
  specBytes: APP_SPECS_DEFAULT_BYTES,
  groups: APP_GROUPS_DEFAULT,
  pushSessions: APP_PUSH_SESSIONS_DEFAULT,
  callsPerSecond: APP_CALLS_DEFAULT_PER_SECOND,
};

export const CLUSTER_QUOTA_DEFAULT: ClusterQuota = {
  apps: CLUSTER_APPS_DEFAULT,
  shards: CLUSTER_SHARDS_DEFAULT,
  containers: CLUSTER_CONTAINERS_DEFAULT,
  specBytes: CLUSTER_SPECS_DEFAULT_BYTES,
  groups: CLUSTER_GROUPS_DEFAULT,
  pushSessions: CLUSTER_PUSH_SESSIONS_DEFAULT,
  callsPerSecond: CLUSTER_CALLS_DEFAULT_PER_SECOND,
};

/** What is counted, in the words of people and of flags. */
const WORDS: Readonly<Record<(typeof CLUSTER_QUOTA_NAMES)[number], string>> = {
  apps: 'apps',
  shards: 'shards',
  containers: 'containers',
  specBytes: 'bytes of shard ids and tasks',
  groups: 'groups',
  pushSessions: 'push containers',
  callsPerSecond: 'calls a second',
};

export function quotaWords(name: string): string {
  return Object.hasOwn(WORDS, name) ? WORDS[name as keyof typeof WORDS] : name;
}

/** As a flag of `sm app quota`: specBytes is --spec-bytes. */
export function quotaFlag(name: QuotaName): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** Every quota of an app: as set, else by default. */
export function appQuota(own: AppQuota | undefined): Readonly<Record<QuotaName, number>> {
  return {...APP_QUOTA_DEFAULT, ...own};
}

/** The app's quota is used up: by `used` of `limit`. */
export function overAppQuota(app: string, name: QuotaName, limit: number, used: number): SmError {
  const raise = `an administrator may raise it: sm app quota ${app} --${quotaFlag(name)} ${2 * limit}`;
  const isRate = name === 'callsPerSecond';
  const text = `app ${app} has a quota of ${limit} ${quotaWords(name)}${isRate ? ' at each daemon' : `, and has ${used}`}`;
  const hint = isRate
    ? `call less often, in batches; ${raise}`
    : `remove what is not needed, or ${raise}`;
  return new SmError('QUOTA', text, {hint, retryable: isRate});
}

/** A quota of the cluster is used up. */
export function overClusterQuota(name: keyof ClusterQuota, limit: number, used: number): SmError {
  const isRate = name === 'callsPerSecond';
  const text = `the cluster has a quota of ${limit} ${quotaWords(name)}${isRate ? ' at each daemon' : `, and has ${used}`}`;
  const hint = `set quota.${name} in the configuration of the daemons, then SIGHUP; or remove what is not needed`;
  return new SmError('QUOTA', text, {hint, retryable: isRate});
}
