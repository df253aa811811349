/**
 * Judges how long shards ran in two processes, or in none, from what each process logged on the machine's monotonic clock. Pure.
 * A process runs a shard from its add until its drop has ended, or until the process has.
 */

export interface ProcessLog {
  readonly name: string;
  /** Of its container: a second process has the id of another one. */
  readonly id: string;
  /** When it had got its id; undefined: it waits for it. Looked at for second processes only. */
  readonly hasIdAtMs: number | undefined;
  /** Why it may run what another process runs, whoever is in charge; '' for no reason. */
  readonly excuse: '' | 'bolt' | 'second process';
  readonly calls: readonly {
    readonly op: 'add' | 'drop';
    readonly shard: string;
    readonly atMs: number;
  }[];
  /** Undefined: it still runs. */
  readonly endedAtMs: number | undefined;
  /** While it was stopped by SIGSTOP; `toMs` undefined: it still is. */
  readonly stops: readonly {readonly fromMs: number; readonly toMs: number | undefined}[];
}

export interface Overlap {
  readonly shard: string;
  readonly processes: readonly [string, string];
  readonly fromMs: number;
  readonly ms: number;
  /** Between processes of two containers; false: of one id. */
  readonly ofTwoIds: boolean;
  /**
   * '': nothing excuses it. `stopped`: it began while one of the two was stopped. `second process`: it began while that one waited for its id,
   * when nothing outside but its end can stop it, and ended SECOND_LIMIT_MS after that one had got it at the latest.
   */
  readonly excuse: '' | 'stopped' | 'bolt' | 'second process';
}

export interface Gap {
  readonly shard: string;
  readonly fromMs: number;
  readonly ms: number;
}

export interface Judgement {
  readonly overlaps: readonly Overlap[];
  readonly gaps: readonly Gap[];
  /** Adds by shard, all processes together. */
  readonly adds: ReadonlyMap<string, number>;
  /** A process was told to add what it ran already. */
  readonly repeatedAdds: readonly string[];
}

/**
 * Once a second process has its id it beats, and is heard like any other: what it runs that is recorded elsewhere has stopped after so long. Its
 * heartbeat takes 0.5 s, the drop a call, the application's drop 2 s where it is slow.
 */
export const SECOND_LIMIT_MS = 5_000;

interface Run {
  readonly shard: string;
  readonly log: ProcessLog;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Looks at what is between the two times. */
export function judge(logs: readonly ProcessLog[], fromMs: number, toMs: number): Judgement {
  const repeatedAdds: string[] = [];
  const runs = logs.flatMap((log) => runsOf(log, toMs, repeatedAdds));
  const byShard = new Map<string, Run[]>();
  for (const run of runs) byShard.set(run.shard, [...(byShard.get(run.shard) ?? []), run]);
  const overlaps: Overlap[] = [];
  const gaps: Gap[] = [];
  const adds = new Map<string, number>();
  for (const [shard, some] of byShard) {
    some.sort((a, b) => a.fromMs - b.fromMs);
    adds.set(shard, some.length);
    overlaps.push(...overlapsOf(shard, some));
    gaps.push(...gapsOf(shard, some, fromMs, toMs));
  }
  return {overlaps, gaps, adds, repeatedAdds};
}

function runsOf(log: ProcessLog, toMs: number, repeatedAdds: string[]): Run[] {
  const runs: Run[] = [];
  const begun = new Map<string, number>();
  for (const {op, shard, atMs} of log.calls) {
    const startedMs = begun.get(shard);
    if (op === 'add' && startedMs !== undefined) repeatedAdds.push(`${shard} at ${log.name}`);
    if (op === 'add') begun.set(shard, startedMs ?? atMs);
    else if (startedMs !== undefined) {
      begun.delete(shard);
      runs.push({shard, log, fromMs: startedMs, toMs: atMs});
    }
  }
  for (const [shard, startedMs] of begun)
    runs.push({shard, log, fromMs: startedMs, toMs: log.endedAtMs ?? toMs});
  return runs;
}

function overlapsOf(shard: string, runs: readonly Run[]): Overlap[] {
  const overlaps: Overlap[] = [];
  for (const [at, older] of runs.entries())
    for (const newer of runs.slice(at + 1)) {
      const ms = Math.min(older.toMs, newer.toMs) - newer.fromMs;
      if (ms <= 0 || older.log === newer.log) continue;
      const processes = [older.log.name, newer.log.name] as const;
      const excuse = excuseOf(older, newer);
      const ofTwoIds = older.log.id !== newer.log.id;
      overlaps.push({shard, processes, ofTwoIds, fromMs: newer.fromMs, ms, excuse});
    }
  return overlaps;
}

function excuseOf(older: Run, newer: Run): Overlap['excuse'] {
  const isStopped = ({log}: Run): boolean =>
    log.stops.some(
      (stop) => stop.fromMs <= newer.fromMs && newer.fromMs <= (stop.toMs ?? Infinity),
    );
  if (isStopped(older) || isStopped(newer)) return 'stopped';
  const toMs = Math.min(older.toMs, newer.toMs);
  for (const {log} of [older, newer]) {
    if (log.excuse === 'bolt') return 'bolt';
    if (log.excuse === 'second process' && isWaiting(log, newer.fromMs, toMs)) return log.excuse;
  }
  return '';
}

function isWaiting({hasIdAtMs}: ProcessLog, fromMs: number, toMs: number): boolean {
  return hasIdAtMs === undefined || (fromMs <= hasIdAtMs && toMs - hasIdAtMs <= SECOND_LIMIT_MS);
}

function gapsOf(shard: string, runs: readonly Run[], fromMs: number, toMs: number): Gap[] {
  const gaps: Gap[] = [];
  let servedUntilMs = fromMs;
  for (const run of runs) {
    if (run.fromMs > servedUntilMs)
      gaps.push({shard, fromMs: servedUntilMs, ms: run.fromMs - servedUntilMs});
    servedUntilMs = Math.max(servedUntilMs, run.toMs);
  }
  if (servedUntilMs < toMs) gaps.push({shard, fromMs: servedUntilMs, ms: toMs - servedUntilMs});
  return gaps;
}
