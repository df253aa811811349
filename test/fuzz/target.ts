/** What is fuzzed, and what counts as a fault of it. */
import type {Random} from '../simulation/random.ts';

/** A case is plain JSON, so that a failing one is a file; bytes are latin1 text, one character a byte. */
export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | {readonly [name: string]: Json};

export interface FuzzTarget {
  readonly name: string;
  /** Cases that run at once. 1: in this process. */
  readonly width: number;
  make(random: Random): Json;
  /** Undefined when all is well, else what is not. */
  run(input: Json): string | undefined | Promise<string | undefined>;
  /** How the cases ended, by kind. */
  readonly counts: Map<string, number>;
  /** Memory of what is fuzzed, bytes. */
  memory(): number;
  /** What must still hold when all cases are through. */
  verify(): Promise<string | undefined>;
  /** A case that takes longer, ms, is a fault. Default CASE_HANG_MS. */
  readonly hangMs?: number;
  close(): Promise<void>;
}

export interface TargetFactory {
  readonly name: string;
  /** The word of `--target` that it comes under. */
  readonly group: string;
  /** Of the whole time. */
  readonly weight: number;
  open(): Promise<FuzzTarget>;
}

/** A case may take so long; more is a hang. */
export const CASE_HANG_MS = 5_000;

export function count(counts: Map<string, number>, kind: string): void {
  counts.set(kind, (counts.get(kind) ?? 0) + 1);
}

/** The first lines of what was thrown: a fault's name and its place. */
export function thrown(error: unknown): string {
  return error instanceof Error
    ? (error.stack ?? String(error)).split('\n').slice(0, 6).join(' | ')
    : String(error);
}
