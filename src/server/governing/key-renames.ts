/**
 * Gives keys of shards other names, each in one transaction. Where the new name of one is the old name of another, as with `a.b` and `a%2Eb`,
 * both go in the same transaction. Pure.
 */
import {decodeShardSpec} from '../../protocol/records.ts';
import {deletion, unchanged} from '../../store/compares.ts';
import type {Compare, KeyValue, Operation, Transaction} from '../../store/port.ts';

export interface KeyRename {
  readonly shard: string;
  readonly entry: KeyValue;
  readonly to: string;
  /** What stands under the new name. */
  readonly value: string;
}

export interface PlannedRenames {
  readonly transactions: readonly Transaction[];
  /** How many keys they take away. */
  readonly count: number;
  /** Whose new name belongs to a key with other content that stays: left as they are. */
  readonly conflicts: readonly KeyRename[];
}

/** `entries`: all keys that there are. A key that has the new name already, with the same content, goes on as it is. */
export function planRenames(
  wanted: readonly KeyRename[],
  entries: readonly KeyValue[],
): PlannedRenames {
  const plan = new Plan(wanted, entries);
  const conflicts = wanted.filter((one) => plan.conflicts(one));
  const renames = wanted.filter((one) => !plan.conflicts(one));
  const targets = new Set(renames.map(({to}) => to));
  const heads = renames.filter(({entry}) => !targets.has(entry.key));
  return {transactions: heads.map((head) => plan.chain(head)), count: renames.length, conflicts};
}

class Plan {
  private readonly byKey: ReadonlyMap<string, KeyRename>;
  private readonly entries: ReadonlyMap<string, KeyValue>;

  constructor(wanted: readonly KeyRename[], entries: readonly KeyValue[]) {
    this.byKey = new Map(wanted.map((one) => [one.entry.key, one]));
    this.entries = new Map(entries.map((entry) => [entry.key, entry]));
  }

  /** Ends: each name is longer than the one before, or each is shorter. */
  conflicts({shard, entry, to}: KeyRename): boolean {
    const next = this.byKey.get(to);
    if (next !== undefined) return this.conflicts(next);
    const twin = this.entries.get(to);
    return twin !== undefined && !isSame(shard, entry, twin);
  }

  chain(head: KeyRename): Transaction {
    const compares: Compare[] = [];
    const then: Operation[] = [deletion(head.entry)];
    for (let one: KeyRename | undefined = head; one !== undefined; one = this.byKey.get(one.to)) {
      const {entry, to, value} = one;
      compares.push(unchanged(entry.key, entry));
      const next = this.byKey.has(to);
      const twin = next ? undefined : this.entries.get(to);
      if (!next) compares.push(unchanged(to, twin));
      if (twin === undefined) then.push({op: 'put', key: to, value});
    }
    return {compares, then};
  }
}

function isSame(shard: string, one: KeyValue, other: KeyValue): boolean {
  const [a, b] = [decodeShardSpec(one.value, shard), decodeShardSpec(other.value, shard)];
  if (!a.ok || !b.ok) return false;
  const same = (name: 'task' | 'group' | 'workerGroup' | 'manualContainerId'): boolean =>
    a.value[name] === b.value[name];
  return same('task') && same('group') && same('workerGroup') && same('manualContainerId');
}
