import {expect, it} from 'vitest';
import {Keys} from '../../../src/etcd/keys.ts';
import {REREAD_RETRY_MAX_MS, REREAD_RETRY_MIN_MS} from '../../../src/server/governing/limits.ts';
import {RecordRereads} from '../../../src/server/governing/record-rereads.ts';

interface Round {
  /** Newest revision that is known before the read and after it, and the one that is read. */
  readonly before: number;
  readonly after: number;
  readonly read: number;
}

/** Pauses after each of so many reads; the one after them is of use. */
async function pausesAfter(rounds: readonly Round[]): Promise<number[]> {
  const pauses: number[] = [];
  let newest = 0;
  let at = 0;
  await new Promise<void>((resolve) => {
    const rereads = new RecordRereads({
      app: 'orders',
      keys: new Keys('/sm', 'sm'),
      store: {
        getMany: async () => {
          const round = rounds[at];
          at += 1;
          newest = round?.after ?? newest;
          return {revision: round?.read ?? newest, entries: [undefined]};
        },
      },
      clock: {
        sleep: async (ms) => {
          pauses.push(ms);
          newest = rounds[at]?.before ?? newest;
        },
      },
      newest: () => newest,
      isStopped: () => false,
      onRead: () => resolve(),
    });
    newest = rounds[0]?.before ?? 0;
    void rereads.want('s1');
  });
  return pauses;
}

it('reads again soon, however often the watch overtakes an answer', async () => {
  const rounds = Array.from({length: 8}, (_, at) => ({before: at, read: at, after: at + 1}));
  const pauses = await pausesAfter(rounds);
  expect(pauses).toHaveLength(8);
  expect(Math.max(...pauses)).toBeLessThan(2 * REREAD_RETRY_MIN_MS);
});

it('reads ever more rarely while a store answers with the past', async () => {
  const rounds = Array.from({length: 8}, () => ({before: 9, read: 5, after: 9}));
  const pauses = await pausesAfter(rounds);
  expect(pauses).toHaveLength(8);
  expect(pauses.at(-1)).toBeGreaterThan(REREAD_RETRY_MAX_MS / 2);
});
