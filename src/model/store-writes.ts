/**
 * Whether the store takes writes, as a daemon knows it from its own heartbeats. What was last written says nothing of the present
 * once no write has committed within T: every container may have fenced itself.
 */
export type StoreWrites =
  | {readonly kind: 'committing'}
  | {
      readonly kind: 'none';
      /** When the last write of this daemon committed, Unix time in ms; 0: none yet. */
      readonly sinceMs: number;
      /** What the store answered to the last try; '' where it did not answer. */
      readonly reason: string;
      /** The way out, where the reason has one; else ''. */
      readonly fix: string;
    };

export const COMMITTING: StoreWrites = {kind: 'committing'};

/** ISO time from which on nothing is known; '' while writes commit. */
export function unknownSince(writes: StoreWrites): string {
  return writes.kind === 'committing' ? '' : new Date(writes.sinceMs).toISOString();
}

/** In one sentence, for people. */
export function writesText(writes: StoreWrites): string {
  if (writes.kind === 'committing') return 'writes commit';
  const reason = writes.reason === '' ? '' : `: ${writes.reason}`;
  return writes.sinceMs === 0
    ? `no write of this process has committed yet${reason}`
    : `no write has committed since ${unknownSince(writes)}${reason}`;
}

/** What it means for everybody else that no write commits, for people. */
export const NO_WRITES_MEAN = 'containers that cannot write either have stopped their shards';
