/** A view keeps the id of a shard once, whatever comes of it later: each change brings a text of its own. */
import {execFileSync} from 'node:child_process';
import {join} from 'node:path';
import {expect, it} from 'vitest';
import {bundled} from '../support/bundle.ts';

const SHORT = 20;
const LONG = 180;

function keptBytes(idLength: number): number {
  const probe = bundled(join(import.meta.dirname, 'kept-ids-probe.ts'));
  const args = ['--expose-gc', probe, String(idLength)];
  return Number(execFileSync(process.execPath, args, {encoding: 'utf8'}));
}

it('a view keeps the id of a shard once, also when its spec and its record have changed', () => {
  const perId = (keptBytes(LONG) - keptBytes(SHORT)) / (LONG - SHORT);
  expect(perId).toBeGreaterThan(0.5);
  expect(perId).toBeLessThan(1.5);
});
