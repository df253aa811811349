/** Who did what, and when: for an overlap that nothing excuses. */
import type {Etcd3, Watcher} from 'etcd3';
import {nowMs} from './now.ts';

export interface TraceLine {
  readonly atMs: number;
  readonly who: string;
  readonly text: string;
}

/** Lines before and after what is looked for. */
const BEFORE_MS = 6_000;
const AFTER_MS = 1_000;
const TEXT_LIMIT = 160;
/** A session or a heartbeat that goes on. */
const BEAT = /^(containerhb|hb)\/.* = ./;

/** What happens to the keys of an app, and what is noted beside it. */
export class Trace {
  private readonly lines: TraceLine[] = [];
  private watcher: Watcher | undefined;

  note(who: string, text: string): void {
    this.lines.push({atMs: nowMs(), who, text});
  }

  async watch(etcd: Etcd3, prefix: string): Promise<void> {
    this.watcher = await etcd.watch().prefix(prefix).create();
    this.watcher.on('put', ({key, value}) =>
      this.note('etcd', `${key.toString().slice(prefix.length)} = ${value.toString()}`),
    );
    this.watcher.on('delete', ({key}) =>
      this.note('etcd', `${key.toString().slice(prefix.length)} deleted`),
    );
  }

  /** Of the first line after a time whose text is so. */
  firstMs(afterMs: number, isMeant: (text: string) => boolean): number | undefined {
    return this.lines.find(({atMs, text}) => atMs >= afterMs && isMeant(text))?.atMs;
  }

  async close(): Promise<void> {
    await this.watcher?.cancel().catch(() => undefined);
  }

  /** In words, with what the processes logged, oldest first; beats of sessions are left out. */
  around(atMs: number, others: readonly TraceLine[]): string[] {
    return [...this.lines, ...others]
      .filter((line) => atMs - BEFORE_MS <= line.atMs && line.atMs <= atMs + AFTER_MS)
      .filter(({text}) => !BEAT.test(text))
      .sort((a, b) => a.atMs - b.atMs)
      .map((line) => {
        const at = ((line.atMs - atMs) / 1_000).toFixed(3).padStart(7);
        return `${at} ${line.who}: ${line.text.slice(0, TEXT_LIMIT)}`;
      });
  }
}
