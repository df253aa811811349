/** Which keys a complete listing has shown. Those of shards, of which there may be millions, are known by the shard's id: no text is made for them. */
import type {AppChange, CorruptChange} from '../model/change.ts';
import {unreadableKey} from './quarantine.ts';

export class ListedKeys {
  private readonly specs = new Set<string>();
  private readonly records = new Set<string>();
  private readonly others = new Set<string>();

  /** `withShards`: also the keys of shards; `hasShard` answers only then. */
  constructor(listing: Iterable<AppChange>, withShards: boolean) {
    for (const change of listing) {
      const isOfShard = change.kind === 'shard' || change.kind === 'own';
      if (!isOfShard) this.others.add(listedKey(change));
      else if (withShards) (change.kind === 'shard' ? this.specs : this.records).add(change.shard);
    }
  }

  /** Whether the spec (`shard`) or the record (`own`) of the shard was there, readable or not. */
  hasShard(kind: 'shard' | 'own', shard: string): boolean {
    const known = kind === 'shard' ? this.specs : this.records;
    return known.has(shard) || this.others.has(`${kind}/${shard}`);
  }

  /** Whether the key of what cannot be read was there, readable by now or not. */
  hasUnreadable({what, id}: CorruptChange): boolean {
    if (what === 'shard' || what === 'own') return this.hasShard(what, id);
    return this.others.has(unreadableKey(what, id));
  }

  /** `key`: of anything else, as `listedKey` names it. */
  has(key: string): boolean {
    return this.others.has(key);
  }
}

/** The name of a change's key. */
export function listedKey(change: AppChange): string {
  switch (change.kind) {
    case 'spec':
    case 'stops':
      return change.kind;
    case 'shard':
    case 'own':
      return `${change.kind}/${change.shard}`;
    case 'heartbeat':
      return `heartbeat/${change.incarnation}`;
    case 'worker':
      return `worker/${change.workerGroup}/${change.container}`;
    case 'order':
    case 'override':
    case 'id':
      return `${change.kind}/${change.container}`;
    case 'corrupt':
      return unreadableKey(change.what, change.id);
  }
}
