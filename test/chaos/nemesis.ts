/** What a fault is: who does it, to whom, and how it is taken back. */
import type {Bed} from './bed.ts';
import type {Random} from './random.ts';

export interface Fault {
  /** What is done to whom, for the log. */
  readonly text: string;
  /** Parts that are touched; `all`: everybody may be. */
  readonly targets: readonly string[];
  /** How long it holds, ms. */
  readonly lastsMs: number;
  /** Takes it back; also called early when the world is to heal. */
  readonly heal: () => Promise<void> | void;
}

/** @returns undefined when there is nothing to do it to right now. */
export type Nemesis = (bed: Bed, random: Random) => Promise<Fault | undefined>;

/** A time from 0.1 T to 3 T, half of them above T. */
export function aroundTtl(bed: Bed, random: Random): number {
  const {ttlMs} = bed.options;
  return random.chance(0.5) ? random.between(0.1 * ttlMs, ttlMs) : random.between(ttlMs, 3 * ttlMs);
}
