/**
 * Keys of shards that no name here spells: of the Go project, or of somebody who writes to the store by hand. What is left of them while the app is
 * governed is not governed, and an operator has to know. Pure.
 */
import type {AppView} from '../../appstate/app-view.ts';
import type {Keys} from '../../etcd/keys.ts';
import type {RaisedAlarm} from '../../model/alarm.ts';
import {andMore} from '../../model/and-more.ts';
import {shardIdProblem} from '../../model/ids.ts';
import {visible} from '../../model/visible.ts';
import {FOREIGN_NAMES_KEPT, FOREIGN_NAMES_SHOWN} from './limits.ts';

export class ForeignNames {
  private readonly prefix: string;
  /** Names as they stand there. */
  private names = new Set<string>();

  constructor(keys: Keys, app: string) {
    this.prefix = keys.shardSpecPrefix(app);
  }

  /** A listing begins: it brings all that there are. */
  clear(): void {
    this.names.clear();
  }

  /** A key that is not ours is there, or is gone. True when that is of interest here. */
  note(key: string, isThere: boolean): boolean {
    if (!key.startsWith(this.prefix)) return false;
    const name = key.slice(this.prefix.length);
    if (!isThere) return this.names.delete(name);
    if (this.names.size >= FOREIGN_NAMES_KEPT) return false;
    this.names.add(name);
    return true;
  }

  alarms(view: AppView): RaisedAlarm[] {
    if (this.names.size === 0) return [];
    const some = [...this.names].slice(0, FOREIGN_NAMES_SHOWN);
    const texts = some.map((name) => `${visible(name)} (${problemOf(name, view)})`);
    const text = `shards with keys in another spelling are not governed: ${andMore(texts, this.names.size)}`;
    return [{code: 'QUARANTINE', text}];
  }
}

/** A take-over renames whatever can be a shard and stands once. */
function problemOf(name: string, view: AppView): string {
  if (name.includes('/')) return 'the name holds a slash';
  const problem = shardIdProblem(name);
  if (problem !== undefined) return problem;
  return view.shards.has(name)
    ? 'has two keys; the other one is used'
    : 'written after the app was taken over';
}
