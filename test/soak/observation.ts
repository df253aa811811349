/** What the processes hold at one instant. */
import type {ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {readdirSync} from 'node:fs';
import {setTimeout} from 'node:timers/promises';
import {memoryOf} from '../bench/bed.ts';
import type {BenchBed} from '../bench/bed.ts';
import {Wire} from '../support/wire.ts';

const MEBIBYTE = 1024 ** 2;
const TAKES = 5;
const BETWEEN_TAKES_MS = 500;

export interface Observation {
  /** Since the load began, with its fraction. */
  readonly minute: number;
  /** MB of all daemons, of all containers' processes that stay. */
  readonly daemonsMb: number;
  readonly containersMb: number;
  /** MB that the main threads of all daemons still need after a full collection. */
  readonly heapMb: number;
  /** Of `heapMb`: compiled code, which the engine makes more of as long as it finds more that is worth it. */
  readonly codeMb: number;
  readonly files: number;
  readonly storeMb: number;
  readonly revision: number;
  /** Longest event-loop delay of a daemon, p99, ms. */
  readonly loopMs: number;
  readonly text: string;
}

type Needed = Pick<Observation, 'heapMb' | 'codeMb'>;

export async function observed(bed: BenchBed, minute: number): Promise<Observation> {
  const daemons = bed.daemons.map(({process}) => process);
  const staying = [...bed.containers].filter(([id]) => id.startsWith('base')).map(([, one]) => one);
  const sum = (list: typeof daemons): number =>
    list.reduce((total, child) => total + memoryOf(child).nowMb, 0);
  const files = [...daemons, ...staying].reduce((total, {pid}) => total + openFiles(pid), 0);
  const {storeMb, revision} = await storeStatus(bed.etcd.endpoint);
  const delays = await Promise.all(bed.daemons.map(({address}) => loopDelayMs(address)));
  const heaps = await Promise.all(daemons.map(leastNeededMb));
  const one = {
    minute,
    daemonsMb: sum(daemons),
    containersMb: sum(staying),
    heapMb: heaps.reduce((total, {heapMb}) => total + heapMb, 0),
    codeMb: heaps.reduce((total, {codeMb}) => total + codeMb, 0),
    files,
    storeMb,
    revision,
  };
  const loopMs = Math.max(...delays);
  const text =
    `minute ${minute.toFixed(1)}: daemons ${one.daemonsMb.toFixed(1)} MB (heap ${one.heapMb.toFixed(1)}, of it code ${one.codeMb.toFixed(2)}), containers ${one.containersMb.toFixed(1)} MB, ` +
    `${files} files, etcd ${storeMb.toFixed(1)} MB at revision ${revision}, loop p99 ${loopMs.toFixed(1)} ms`;
  return {...one, loopMs, text};
}

/** The least of several takes: a plan or a listing under way when one is taken holds tens of MB more. */
async function leastNeededMb(daemon: ChildProcess): Promise<Needed> {
  let least = await neededMb(daemon);
  for (let take = 1; take < TAKES; take += 1) {
    await setTimeout(BETWEEN_TAKES_MS);
    const needed = await neededMb(daemon);
    if (needed.heapMb < least.heapMb) least = needed;
  }
  return least;
}

/** Asks the daemon's heap probe. */
async function neededMb(daemon: ChildProcess): Promise<Needed> {
  const answered = once(daemon, 'message');
  daemon.send('take');
  const [needed] = (await answered) as [Needed];
  return needed;
}

function openFiles(pid: number | undefined): number {
  return readdirSync(`/proc/${String(pid)}/fd`).length;
}

async function storeStatus(endpoint: string): Promise<{storeMb: number; revision: number}> {
  const wire = new Wire(endpoint);
  try {
    const answer = (await wire.call('Maintenance.Status')) as {
      dbSize?: string;
      header?: {revision?: string};
    };
    return {
      storeMb: Number(answer.dbSize ?? 0) / MEBIBYTE,
      revision: Number(answer.header?.revision ?? 0),
    };
  } finally {
    wire.close();
  }
}

async function loopDelayMs(address: string): Promise<number> {
  const text = await fetch(`http://${address}/metrics`).then((answer) => answer.text());
  const [, seconds = '0'] = /^nodejs_eventloop_lag_p99_seconds (\S+)$/m.exec(text) ?? [];
  return Number(seconds) * 1_000;
}
