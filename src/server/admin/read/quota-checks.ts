/** Quotas that are nearly used up. Pure. */
import {quotaFlag, quotaWords} from '../../../model/quota.ts';
import type {QuotaName} from '../../../model/quota.ts';
import type {AppView} from '../../../protocol/admin.ts';
import type {UsageRecord} from '../../../protocol/quota-fields.ts';
import {check} from './check.ts';
import type {Check} from './check.ts';
import {QUOTA_WARN_SHARE} from '../../../model/limits.ts';

/** One check for each quota of the app that is used by four fifths or more. */
export function appQuotaChecks({service, quota = {}}: AppView): Check[] {
  return Object.entries(quota).flatMap(([name, {used, limit}]) => {
    const flag = quotaFlag(name as QuotaName);
    const fix = `remove what is not needed, or: sm app quota ${service} --${flag} ${2 * limit}`;
    return nearlyFull(`quota of ${service}`, {name, used, limit}, fix);
  });
}

/** The same of all apps together; undefined: nobody has counted yet. */
export function clusterQuotaChecks(record: UsageRecord | undefined): Check[] {
  if (record === undefined) return [];
  const used: Readonly<Partial<Record<string, number>>> = {...record.used};
  return Object.entries(record.quota).flatMap(([name, limit]) =>
    nearlyFull(
      'quota of the cluster',
      {name, used: used[name], limit},
      `raise quota.${name}, then SIGHUP`,
    ),
  );
}

function nearlyFull(
  what: string,
  {name, used, limit}: {name: string; used: number | undefined; limit: number},
  fix: string,
): Check[] {
  if (used === undefined || used < QUOTA_WARN_SHARE * limit) return [];
  const share = Math.floor((100 * used) / limit);
  const text = `${used} of ${limit} ${quotaWords(name)} (${share} %)`;
  return [check(what, used < limit ? 'WARN' : 'FAIL', text, fix)];
}
