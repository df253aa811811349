/** Who watches what: brings each committed revision to the watchers it concerns. */
import type {Version} from './event-log.ts';
import {isInRange} from './key-range.ts';
import type {KeyRange} from './key-range.ts';

export interface Watcher {
  readonly id: string;
  readonly range: KeyRange;
  readonly prevKv: boolean;
  readonly fragment: boolean;
  readonly progress: boolean;
  readonly noPut: boolean;
  readonly noDelete: boolean;
  /** Events before this revision were sent, or are not wanted. */
  nextRevision: number;
  /** It reads history until it has caught up; the hub leaves it alone meanwhile. */
  behind: boolean;
  /** Something was sent since the last progress report. */
  busy: boolean;
  /** Takes the events of one revision, at least one. */
  deliver(events: readonly Version[]): void;
}

export class WatchHub {
  private readonly byKey = new Map<string, Set<Watcher>>();
  private readonly byRange = new Set<Watcher>();

  add(watcher: Watcher): void {
    if (!watcher.range.single) {
      this.byRange.add(watcher);
      return;
    }
    const key = watcher.range.from;
    const watchers = this.byKey.get(key) ?? new Set();
    this.byKey.set(key, watchers.add(watcher));
  }

  remove(watcher: Watcher): void {
    if (this.byRange.delete(watcher)) return;
    const watchers = this.byKey.get(watcher.range.from);
    watchers?.delete(watcher);
    if (watchers?.size === 0) this.byKey.delete(watcher.range.from);
  }

  /** Events of one revision, in order. */
  publish(events: readonly Version[]): void {
    const wanted = new Map<Watcher, Version[]>();
    const offer = (watcher: Watcher, event: Version): void => {
      if (watcher.behind || !wants(watcher, event)) return;
      const list = wanted.get(watcher);
      if (list === undefined) wanted.set(watcher, [event]);
      else list.push(event);
    };
    for (const event of events) {
      for (const watcher of this.byKey.get(event.key) ?? []) offer(watcher, event);
      for (const watcher of this.byRange) offer(watcher, event);
    }
    for (const [watcher, list] of wanted) watcher.deliver(list);
  }
}

export function wants(watcher: Watcher, event: Version): boolean {
  if (event.modRevision < watcher.nextRevision || !isInRange(event.key, watcher.range))
    return false;
  return event.version === 0 ? !watcher.noDelete : !watcher.noPut;
}
