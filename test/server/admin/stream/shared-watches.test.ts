import {describe, expect, it} from 'vitest';
import type {WatchBatch, WatchListener} from '../../../../src/store/port.ts';
import {SharedWatches} from '../../../../src/server/admin/stream/shared-watches.ts';

/** A store of which only the watches count. */
class Watched {
  readonly opened: {prefix: string; from: number; listener: WatchListener; isOpen: boolean}[] = [];
  readonly status = async () => ({clusterId: 'c', revision: 0});

  watch(prefix: string, from: number, listener: WatchListener) {
    const one = {prefix, from, listener, isOpen: true};
    this.opened.push(one);
    return {close: () => void (one.isOpen = false)};
  }

  put(revision: number, at = 0, length = 0): void {
    const entry = {key: `k${revision}`, value: 'x'.repeat(length), mod: revision, create: revision};
    this.opened[at]?.listener.onBatch({revision, events: [{type: 'put', entry}]});
  }
}

function listener(): WatchListener & {seen: number[]; lost: string[]} {
  const seen: number[] = [];
  const lost: string[] = [];
  return {
    ...{seen, lost},
    onBatch: ({events}: WatchBatch) => {
      for (const event of events) if (event.type === 'put') seen.push(event.entry.mod);
    },
    onLost: (reason) => void lost.push(reason),
  };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('watches that are shared', () => {
  it('are one of the store for each prefix, and give each listener all that is behind its beginning, once', async () => {
    const store = new Watched();
    const shared = new SharedWatches(store);
    const [first, second, third] = [listener(), listener(), listener()];
    shared.watch('/a', 5, first);
    await turn();
    store.put(5);
    store.put(7);
    shared.watch('/a', 6, second);
    // Comes before the second has got what was kept.
    store.put(8);
    await turn();
    shared.watch('/a', 9, third);
    await turn();
    store.put(9);
    expect([first.seen, second.seen, third.seen]).toEqual([[5, 7, 8, 9], [7, 8, 9], [9]]);
    expect(store.opened).toHaveLength(1);
    shared.watch('/b', 1, listener());
    expect(store.opened).toHaveLength(2);
  });

  it('end with the last listener, and begin anew for the next', () => {
    const store = new Watched();
    const shared = new SharedWatches(store);
    const [one, other] = [shared.watch('/a', 1, listener()), shared.watch('/a', 1, listener())];
    one.close();
    one.close();
    expect(store.opened[0]?.isOpen).toBe(true);
    other.close();
    expect(store.opened[0]?.isOpen).toBe(false);
    expect(shared.size).toBe(0);
    shared.watch('/a', 3, listener());
    expect(store.opened[1]?.from).toBe(3);
  });

  it('are not for who begins before what is kept', async () => {
    const store = new Watched();
    const shared = new SharedWatches(store);
    shared.watch('/a', 10, listener());
    const late = listener();
    shared.watch('/a', 3, late);
    expect(store.opened.map(({from}) => from)).toEqual([10, 3]);
    store.put(4, 1);
    expect(late.seen).toEqual([4]);
  });

  it('keep no more than 8 MiB for whoever begins behind the newest, whatever the values', async () => {
    const store = new Watched();
    const shared = new SharedWatches(store);
    shared.watch('/a', 1, listener());
    await turn();
    for (let revision = 1; revision <= 20; revision += 1) store.put(revision, 0, 1024 ** 2);
    const late = listener();
    shared.watch('/a', 15, late);
    await turn();
    expect(late.seen).toEqual([15, 16, 17, 18, 19, 20]);
    // What is no longer kept is read from the store.
    shared.watch('/a', 5, listener());
    expect(store.opened.map(({from}) => from)).toEqual([1, 5]);
  });

  it('keep the newest, however long it is: whoever has begun in that moment waits for it', async () => {
    const store = new Watched();
    const shared = new SharedWatches(store);
    const one = listener();
    shared.watch('/a', 1, one);
    store.put(1, 0, 20 * 1024 ** 2);
    await turn();
    expect(one.seen).toEqual([1]);
  });

  it('that are lost are lost for all, and the next one is new', () => {
    const store = new Watched();
    const shared = new SharedWatches(store);
    const [one, other] = [listener(), listener()];
    shared.watch('/a', 1, one);
    shared.watch('/a', 1, other);
    store.opened[0]?.listener.onLost('compacted');
    expect([one.lost, other.lost]).toEqual([['compacted'], ['compacted']]);
    shared.watch('/a', 8, one);
    expect(store.opened).toHaveLength(2);
  });
});
