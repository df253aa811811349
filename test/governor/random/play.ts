/** Plays one random fleet to its end. */
import {RandomFleet} from './fleet.ts';
import type {RandomFleetOptions} from './fleet.ts';

export interface Played {
  /** What was broken, then what had happened before, oldest first; '' for nothing. */
  readonly problem: string;
  /** Of the governor. */
  readonly writes: number;
}

export function playFleet(options: RandomFleetOptions): Played {
  const fleet = new RandomFleet(options);
  try {
    fleet.play();
    return {problem: '', writes: fleet.bed.writes.length};
  } catch (error) {
    const problem = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return {problem, writes: fleet.bed.writes.length};
  }
}
