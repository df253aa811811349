/** Quotas and what is taken of them, in records and answers. */
import type {Fields} from '../model/fields.ts';
import {isFields} from '../model/fields.ts';
import {QUOTA_NAMES} from '../model/quota.ts';
import {fieldsIn} from './foreign-json.ts';
import type {ClusterQuota, ClusterUsage} from '../model/quota.ts';
import {RECORD_VERSION} from '../model/ownership.ts';

const USED = ['shards', 'containers', 'specBytes', 'groups', 'pushSessions'];

function isWhole(value: unknown, least: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= least;
}

export function isUsage(value: unknown): boolean {
  return isFields(value) && USED.every((name) => isWhole(value[name], 0));
}

/** Of an app's quota what cannot be read is as by default; so is what this version does not know. */
export function keepQuota(fields: Fields): void {
  const {quota} = fields;
  if (quota === undefined) return;
  if (!isFields(quota)) delete fields['quota'];
  else for (const name of QUOTA_NAMES) if (!isWhole(quota[name], 1)) delete quota[name];
}

/** Written by the leader: what all apps take, and what they may by its configuration. */
export interface UsageRecord {
  readonly v: number;
  readonly used: ClusterUsage;
  readonly quota: ClusterQuota;
}

/** Undefined when the value cannot be read: then nobody is refused by it. */
export function decodeUsage(text: string): UsageRecord | undefined {
  const fields = fieldsIn(text);
  if (fields?.['v'] !== RECORD_VERSION) return undefined;
  const {used, quota} = fields;
  if (!isUsage(used) || !isWhole((used as Fields)['apps'], 0) || !isFields(quota)) return undefined;
  const isQuota = ['apps', ...QUOTA_NAMES].every((name) => isWhole(quota[name], 1));
  return isQuota ? (fields as unknown as UsageRecord) : undefined;
}
