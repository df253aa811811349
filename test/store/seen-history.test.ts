import {expect, it} from 'vitest';
import {seenHistory} from '../../src/store/seen-history.ts';

const connection = (newestRevision: number) => ({clusterId: 'one', newestRevision});

it('who begins with a newer epoch begins another history, for all who share the connection', () => {
  const [heartbeats, store] = [connection(20), connection(24)];
  const first = seenHistory(heartbeats, store, {prefix: '/sm/', epoch: 1});
  expect(first.newest()).toBe(24);
  const same = seenHistory(heartbeats, store, {prefix: '/sm/', epoch: 1});
  expect(same.newest()).toBe(24);
  const later = seenHistory(heartbeats, store, {prefix: '/sm/', epoch: 2});
  expect([first.newest(), later.newest()]).toEqual([0, 0]);
});

it('epochs of another prefix, and older ones, say nothing', () => {
  const [heartbeats, store] = [connection(20), connection(24)];
  seenHistory(heartbeats, store, {prefix: '/sm/', epoch: 2});
  expect(seenHistory(heartbeats, store, {prefix: '/other/', epoch: 5}).newest()).toBe(24);
  expect(seenHistory(heartbeats, store, {prefix: '/sm/', epoch: 1}).newest()).toBe(24);
  expect(seenHistory(heartbeats, store).newest()).toBe(24);
});
