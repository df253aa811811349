/** What a container takes of its machine, beside the loads of its shards. */
import {harmless} from './load-faults.ts';
import type {LoadFault} from './load-faults.ts';

/** Absent: not known. */
export interface OwnFigures {
  /** Share of the machine's CPU time, 0 to 1: of this process; a push container's, of the whole machine. */
  readonly cpu?: number;
  /** Memory in use, bytes: of this process; a push container's, of the whole machine. */
  readonly memoryBytes?: number;
  /** Longest delay of the event loop lately, ms. */
  readonly eventLoopDelayMs?: number;
}

const NAMES = ['cpu', 'memoryBytes', 'eventLoopDelayMs'] as const;

/** What can be taken of figures that somebody else has sent. */
export function harmlessFigures(
  said: Readonly<Record<string, unknown>>,
  onFault: (fault: LoadFault) => void,
): OwnFigures {
  const figures: {-readonly [K in keyof OwnFigures]: OwnFigures[K]} = {};
  for (const name of NAMES) {
    if (said[name] === undefined) continue;
    const value = harmless(said[name], onFault);
    if (value !== undefined) figures[name] = value;
  }
  return figures;
}
