/** Where the time of moves goes: their parts, and the stalls of the daemon's event loop. */
import {readFileSync} from 'node:fs';
import {percentile, spread} from './figure.ts';
import type {Move} from './hostile-bed.ts';

/** A stall of the event loop: its length, and how long the main thread ran, or was ready to run while others had the processors. */
export interface Block {
  readonly atMs: number;
  readonly wallMs: number;
  readonly runMs: number;
  readonly waitedMs: number;
}

export interface Phase {
  readonly name: string;
  readonly moves: readonly Move[];
  readonly blocks: readonly Block[];
}

const CLOCK_TICKS = 100;

export function p99(moves: readonly Move[]): number {
  return percentile(
    moves.map(({ms}) => ms),
    0.99,
  );
}

/** Lines: the moves, their parts, and the stalls. */
export function* linesOf({name, moves, blocks}: Phase): Generator<string> {
  const of = (part: (move: Move) => number | undefined): string => {
    const samples = moves.map(part).filter((ms) => ms !== undefined);
    return `p50 ${percentile(samples, 0.5).toFixed(0)}, p99 ${percentile(samples, 0.99).toFixed(0)} ms`;
  };
  yield `  ${name}: ${spread(moves.map(({ms}) => ms))}`;
  yield `    call answered ${of(({answeredMs}) => answeredMs)}; call to drop ${of(({droppedMs}) => droppedMs)}; drop to add ${of(afterDrop)}`;
  const sum = (part: (block: Block) => number): string =>
    blocks.reduce((total, block) => total + part(block), 0).toFixed(0);
  const most = Math.max(0, ...blocks.map(({wallMs}) => wallMs));
  yield `    event loop: ${blocks.length} stalls of 20 ms or more, ${sum(({wallMs}) => wallMs)} ms in all (ran ${sum(({runMs}) => runMs)}, waited for a processor ${sum(({waitedMs}) => waitedMs)}), longest ${most.toFixed(0)} ms`;
}

function afterDrop({addedMs, droppedMs}: Move): number | undefined {
  return addedMs === undefined || droppedMs === undefined ? undefined : addedMs - droppedMs;
}

/** Seconds of the processor that the process has taken so far. */
export function cpuSeconds({pid}: {readonly pid?: number | undefined}): number {
  const fields =
    readFileSync(`/proc/${String(pid)}/stat`, 'utf8')
      .split(') ')[1]
      ?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS;
}
