/** Keeps the audit short: the leader deletes what is too much, where there is most of it. */
import type {Keys} from '../../etcd/keys.ts';
import {chunksOf} from '../../model/chunks.ts';
import {compareText} from '../../model/compare-text.ts';
import {decodeAudit} from '../../protocol/records.ts';
import {deletion} from '../../store/compares.ts';
import {KEYS_PER_TRANSACTION} from '../../store/limits.ts';
import type {Store} from '../../store/port.ts';
import {AUDIT_GROUP_LEAST} from './limits.ts';
import {AUDIT_KEPT} from '../../model/limits.ts';

interface Entry {
  readonly key: string;
  /** RFC 3339 date. */
  readonly day: string;
  /** Name of the token. */
  readonly who: string;
}

/** Entries go key by key; their names sort by revision. `kept` is for tests. */
export async function trimAudit(store: Store, keys: Keys, kept = AUDIT_KEPT): Promise<void> {
  const entries: Entry[] = [];
  await store.scan([keys.auditPrefix()], (page) => {
    for (const {key, value} of page)
      if (keys.parse(key)?.kind === 'audit') entries.push({key, ...dayAndWho(value)});
  });
  const old = auditSurplus(entries, kept);
  for (const some of chunksOf(old, KEYS_PER_TRANSACTION))
    await store.transact({compares: [], then: some.map((key) => deletion({key}))});
}

function dayAndWho(value: string): Pick<Entry, 'day' | 'who'> {
  const decoded = decodeAudit(value);
  return decoded.ok
    ? {day: decoded.value.at.slice(0, 10), who: decoded.value.who}
    : {day: '', who: ''};
}

/**
 * Keys of the entries that have to go so that `kept` stay. What one token did on one day is a group, and groups give evenly: none loses an entry
 * while it has fewer than another keeps, so a flood thins out itself alone. Of a group the first and the last entries stay: what began and
 * what ended the flood can be seen. Where there are so many groups that little of each would stay, the oldest day goes as a whole. Pure.
 */
export function auditSurplus(entries: readonly Entry[], kept: number): string[] {
  if (entries.length <= kept) return [];
  const days = new Map<string, Map<string, string[]>>();
  for (const {key, day, who} of entries) {
    const groups = days.get(day) ?? new Map<string, string[]>();
    days.set(day, groups);
    const keys = groups.get(who);
    if (keys === undefined) groups.set(who, [key]);
    else keys.push(key);
  }
  const newest = [...days]
    .sort(([a], [b]) => compareText(b, a))
    .map(([, groups]) => [...groups.values()]);
  const gone: string[] = [];
  while (newest.length > 1 && newest.flat().length * AUDIT_GROUP_LEAST > kept)
    gone.push(...(newest.pop() ?? []).flat());
  const groups = newest.flat();
  const share = evenShare(
    groups.map(({length}) => length),
    kept,
  );
  return [...gone, ...groups.flatMap((keys) => surplusOf(keys.sort(), share))];
}

function surplusOf(keys: readonly string[], share: number): string[] {
  if (keys.length <= share) return [];
  const first = Math.floor(share / 2);
  return keys.slice(first, keys.length - (share - first));
}

/** The most that each may keep, so that all together keep `kept` at most. */
function evenShare(sizes: readonly number[], kept: number): number {
  let left = kept;
  let groups = sizes.length;
  for (const size of [...sizes].sort((a, b) => a - b)) {
    const share = Math.floor(left / groups);
    if (size > share) return share;
    left -= size;
    groups -= 1;
  }
  return kept;
}
