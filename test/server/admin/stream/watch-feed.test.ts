import {expect, it} from 'vitest';
import {oncePerBatch, watchFeed} from '../../../../src/server/admin/stream/watch-feed.ts';
import type {FeedSource} from '../../../../src/server/admin/stream/watch-feed.ts';
import type {WatchBatch, WatchListener} from '../../../../src/store/port.ts';

/** What the store's watch says is what the test says. */
function feedFrom(revision: number, besides?: FeedSource<string>['besides']) {
  const opened: {from: number; listener: WatchListener; closed: boolean}[] = [];
  const store = {
    watch: (_prefix: string, from: number, listener: WatchListener) => {
      const watch = {from, listener, closed: false};
      opened.push(watch);
      return {close: () => void (watch.closed = true)};
    },
    status: async () => ({clusterId: '', revision: 900}),
  };
  const stop = new AbortController();
  const itemsOf = ({events: changes}: WatchBatch) => changes.map(({type}) => type);
  const source = {store, prefix: '/p/', itemsOf, besides};
  const events = watchFeed(source, {revision}, stop.signal);
  const next = async () => (await events.next()).value;
  return {opened, events, next, stop};
}

function batchOf(revision: number, count: number): WatchBatch {
  const events = Array.from({length: count}, (_, at) => ({
    ...{type: 'delete' as const, key: `/p/${at}`, mod: revision},
  }));
  return {revision, events};
}

it('tells what comes behind the revision, in order, until it is stopped', async () => {
  const {opened, next, stop} = feedFrom(7);
  expect(await next()).toEqual([{type: 'hello', revision: '7'}]);
  expect(opened[0]?.from).toBe(8);
  const waiting = next();
  opened[0]?.listener.onBatch(batchOf(8, 2));
  expect(await waiting).toEqual(['delete', 'delete']);
  const last = next();
  stop.abort();
  expect(await last).toBeUndefined();
  expect(opened[0]?.closed).toBe(true);
});

it('tells of a gap when the watch is lost, and goes on from now', async () => {
  const {opened, next} = feedFrom(7);
  await next();
  const waiting = next();
  opened[0]?.listener.onLost('compacted');
  expect(await waiting).toEqual([{type: 'gap', revision: '900', reason: 'compacted'}]);
  expect(opened[1]?.from).toBe(901);
});

it('opens a watch that is lost again and again with pauses, and ends at once when it is stopped meanwhile', async () => {
  const {opened, next, stop} = feedFrom(7);
  await next();
  const gap = {type: 'gap', revision: '900', reason: 'compacted'};
  const endMs = performance.now() + 1_000;
  while (performance.now() < endMs) {
    opened.at(-1)?.listener.onLost('compacted');
    expect(await next()).toEqual([gap]);
  }
  expect(opened.length).toBeGreaterThan(2);
  expect(opened.length).toBeLessThanOrEqual(10);
  opened.at(-1)?.listener.onLost('compacted');
  const last = next();
  stop.abort();
  expect(await last).toBeUndefined();
  expect(opened.at(-1)?.closed).toBe(true);
});

it('says what is to be said besides, at the revision up to which it has come', async () => {
  let say: ((itemAt: (revision: string) => string) => void) | undefined;
  let ended = false;
  const {opened, next, stop} = feedFrom(7, (given) => {
    say = given;
    return () => void (ended = true);
  });
  await next();
  opened[0]?.listener.onBatch(batchOf(9, 1));
  say?.((revision) => `away at ${revision}`);
  expect(await next()).toEqual(['delete']);
  expect(await next()).toEqual(['away at 9']);
  const last = next();
  stop.abort();
  await last;
  expect(ended).toBe(true);
});

it('keeps no more than 10,000 for a caller that reads too slowly: it gets a gap', async () => {
  const {opened, next} = feedFrom(7);
  await next();
  opened[0]?.listener.onBatch(batchOf(8, 10_001));
  expect(opened[0]?.closed).toBe(true);
  expect(await next()).toMatchObject([{type: 'gap', reason: 'the caller reads too slowly'}]);
});

it('keeps no more than 8 MiB for such a caller, and gives a batch beyond that to one that reads', async () => {
  const {opened, next} = feedFrom(7);
  await next();
  const long = (revision: number): WatchBatch => {
    const entry = {key: '/p/0', value: 'x'.repeat(5 * 1024 ** 2), mod: revision, create: 1};
    return {revision, events: [1, 2].map(() => ({type: 'put', entry}))};
  };
  opened[0]?.listener.onBatch(long(8));
  expect(await next()).toEqual(['put', 'put']);
  opened[0]?.listener.onBatch(long(9));
  opened[0]?.listener.onBatch(long(10));
  expect(opened[0]?.closed).toBe(true);
  expect(await next()).toMatchObject([{type: 'gap', reason: 'the caller reads too slowly'}]);
});

it('what many streams make of a batch is made once', () => {
  const once = oncePerBatch<string[]>();
  const [batch, other] = [batchOf(8, 2), batchOf(9, 1)];
  let made = 0;
  const make = (): string[] => [`${(made += 1)}`];
  const all = Array.from({length: 100}, () => once(batch, 'orders', make));
  expect(new Set(all).size).toBe(1);
  expect(made).toBe(1);
  once(batch, 'mail', make);
  once(other, 'orders', make);
  expect(made).toBe(3);
});
