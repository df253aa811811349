/** A view keeps the id of a shard once, whatever comes of it later: each change brings a text of its own. */
import {join} from 'node:path';
import {expect, it} from 'vitest';
import {heapProbe} from '../support/heap-probe.ts';

const SHORT = 20;
const LONG = 180;

const keptBytes = (idLength: number): number =>
  heapProbe(join(import.meta.dirname, 'kept-ids-probe.ts'), String(idLength));

it('a view keeps the id of a shard once, also when its spec and its record have changed', () => {
  const perId = (keptBytes(LONG) - keptBytes(SHORT)) / (LONG - SHORT);
  expect(perId).toBeGreaterThan(0.5);
  expect(perId).toBeLessThan(1.5);
});
