/** What a live view says of a store that takes no writes. */
import {expect, it} from 'vitest';
import {StoreProbe} from '../../../../src/server/admin/stream/live/store-probe.ts';
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
