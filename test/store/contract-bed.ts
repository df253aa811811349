/** What the contract of the store port sees of watches and transactions. */
import type {
  Compare,
  Operation,
  Store,
  Transaction,
  TransactionOutcome,
  WatchEvent,
} from '../../src/store/port.ts';

export interface Seen {
  readonly events: WatchEvent[];
  readonly revisions: number[];
  readonly losses: string[];
  close(): void;
}

export function seen(store: Store, prefix: string, fromRevision: number): Seen {
  const record = {
    events: [] as WatchEvent[],
    revisions: [] as number[],
    losses: [] as string[],
  };
  const watch = store.watch(prefix, fromRevision, {
    onBatch: ({revision, events}) => {
      record.events.push(...events);
      record.revisions.push(revision);
    },
    onLost: (reason) => record.losses.push(reason),
  });
  return {...record, close: () => watch.close()};
}

export function transaction(
  then: Operation[],
  compares: Compare[] = [],
  otherwise: Operation[] = [],
) {
  return {compares, then, otherwise} satisfies Transaction;
}

export function revisionOf(outcome: TransactionOutcome): number {
  if (outcome.kind === 'unknown') throw outcome.error;
  return outcome.revision;
}

export const modOf = (event: WatchEvent): number =>
  event.type === 'put' ? event.entry.mod : event.mod;
