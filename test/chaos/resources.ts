/**
 * The two resources that shards append to: one that takes everything, one that checks the fencing token. The checked one keeps its log
 * in a file, and what was acknowledged is compared with that file at the end.
 */
import {closeSync, openSync, readFileSync, writeSync} from 'node:fs';

export interface Append {
  readonly shard: string;
  readonly token: string;
  readonly n: number;
}

/** Takes all, in the order of arrival. */
export class NaiveResource {
  private readonly newest = new Map<string, string>();
  appends = 0;
  /** Effects of an older owner that arrived after one of a newer. */
  disorders = 0;

  append({shard, token}: Append): 'taken' | 'late' {
    this.appends += 1;
    const newest = this.newest.get(shard) ?? '';
    if (token < newest) {
      this.disorders += 1;
      return 'late';
    }
    this.newest.set(shard, token);
    return 'taken';
  }
}

interface Head {
  token: string;
  n: number;
}

/** Refuses a token older than the newest it has seen, and a number that is not the next. */
export class CheckedResource {
  private readonly file: number;
  private readonly heads = new Map<string, Head>();
  private lines: string[] = [];
  refused = 0;
  accepted = 0;

  constructor(path: string) {
    this.file = openSync(path, 'w');
  }

  /** A new owner shows its token before it loads. @returns number of the last append; undefined: refused. */
  fence(shard: string, token: string): number | undefined {
    const head = this.heads.get(shard) ?? {token: '', n: 0};
    if (token < head.token) {
      this.refused += 1;
      return undefined;
    }
    this.heads.set(shard, {token, n: head.n});
    return head.n;
  }

  append({shard, token, n}: Append): boolean {
    const head = this.heads.get(shard);
    if (head === undefined || token !== head.token || n !== head.n + 1) {
      this.refused += 1;
      return false;
    }
    head.n = n;
    this.accepted += 1;
    this.lines.push(`${shard} ${n} ${token}`);
    return true;
  }

  /** Before anything accepted is acknowledged. */
  flush(): void {
    if (this.lines.length === 0) return;
    writeSync(this.file, `${this.lines.join('\n')}\n`);
    this.lines = [];
  }

  close(): void {
    this.flush();
    closeSync(this.file);
  }
}

/** What was acknowledged, by shard and token: the first and last number. */
export class Acknowledged {
  private readonly runs = new Map<string, {first: number; last: number}>();
  count = 0;

  add({shard, token, n}: Append): void {
    this.count += 1;
    const key = `${shard} ${token}`;
    const run = this.runs.get(key);
    if (run === undefined) this.runs.set(key, {first: n, last: n});
    else {
      run.first = Math.min(run.first, n);
      run.last = Math.max(run.last, n);
    }
  }

  entries(): Iterable<[key: string, run: {first: number; last: number}]> {
    return this.runs;
  }
}

export interface LogVerdict {
  /** C2: tokens in the log that go back, or one number under two tokens. */
  readonly tokenDisorders: string[];
  /** C3: acknowledged and not in the log, twice in it, or out of order. */
  readonly lost: string[];
  readonly entries: number;
}

/** Reads the log again from the disk, knowing nothing of how it was written. */
export function judgeLog(path: string, acknowledged: Acknowledged): LogVerdict {
  const tokenDisorders: string[] = [];
  const lost: string[] = [];
  const heads = new Map<string, Head>();
  const counts = new Map<string, {first: number; last: number; count: number}>();
  let entries = 0;
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    if (line === '') continue;
    entries += 1;
    const [shard = '', number = '', token = ''] = line.split(' ');
    const n = Number(number);
    const head = heads.get(shard);
    if (head !== undefined && token < head.token)
      tokenDisorders.push(`${shard}: ${token} after ${head.token} at ${n}`);
    if (n !== (head?.n ?? 0) + 1) lost.push(`${shard}: ${n} after ${head?.n ?? 0}`);
    heads.set(shard, {token, n});
    const run = counts.get(`${shard} ${token}`) ?? {first: n, last: n, count: 0};
    counts.set(`${shard} ${token}`, {first: run.first, last: n, count: run.count + 1});
  }
  for (const [key, {first, last}] of acknowledged.entries()) {
    const run = counts.get(key);
    if (run === undefined || run.first > first || run.last < last)
      lost.push(
        `${key}: acknowledged ${first}-${last}, in the log ${run?.first ?? '-'}-${run?.last ?? '-'}`,
      );
    else if (run.count !== run.last - run.first + 1)
      lost.push(`${key}: ${run.count} entries for ${run.first}-${run.last}`);
  }
  return {tokenDisorders, lost, entries};
}
