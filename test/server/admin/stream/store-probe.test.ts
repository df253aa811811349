/** What a live view says of a store that takes no writes. */
import {expect, it} from 'vitest';
import {StoreProbe} from '../../../../src/server/admin/stream/live/store-probe.ts';
import type {StoreWord} from '../../../../src/protocol/admin.ts';
import {storeWords} from '../../../../src/server/admin/stream/store-words.ts';
import {LONG_MS, until} from '../../../support/until.ts';
import {World} from '../fixture.ts';

it.each([
  [
    'the store is out of space and takes no writes',
    'the store is out of space and takes no writes',
  ],
  ['', 'no write has committed since 2026-01-02T03:04:00.000Z'],
])('the reason comes first: %j', async (reason, said) => {
  const world = new World({});
  const probe = new StoreProbe({
    store: world.memory,
    wallMs: () => Date.parse('2026-01-02T03:05:00Z'),
    writes: () => ({kind: 'none', sinceMs: Date.parse('2026-01-02T03:04:00Z'), reason, fix: ''}),
  });
  const leave = probe.use();
  await until(() => !probe.word().store.ok, LONG_MS, 'it has asked');
  leave();
  expect(probe.word().store.reason).toBe(said);
});

it('a stream hears when the store goes away and when it is back, and at once where it is away', async () => {
  const world = new World({});
  let committing = true;
  const probe = new StoreProbe({
    store: world.memory,
    wallMs: () => Date.parse('2026-01-02T03:05:00Z'),
    writes: () =>
      committing ? {kind: 'committing'} : {kind: 'none', sinceMs: 0, reason: 'no space', fix: ''},
  });
  const words: StoreWord[] = [];
  const follow = (): (() => void) | undefined =>
    storeWords(probe, () => 0)?.((itemAt) => void words.push(itemAt('7')));
  const first = follow();
  committing = false;
  await until(() => words.length === 1, LONG_MS, 'it is away');
  const late = follow();
  const away = {type: 'store', revision: '7', ok: false, reason: 'no space'};
  expect(words).toMatchObject([away, away]);
  late?.();
  committing = true;
  await until(() => words.length === 3, LONG_MS, 'it is back');
  expect(words[2]).toMatchObject({ok: true, reason: '', since: words[0]?.since});
  first?.();
});
