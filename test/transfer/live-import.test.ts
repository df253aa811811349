/** An export that was made while containers lived may be all that is left of a store, and its containers may still act. */
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, it} from 'vitest';
import {silenceMs} from '../../src/model/container.ts';
import {TTL_MAX_MS} from '../../src/model/limits.ts';
import {encodeRecord} from '../../src/protocol/records.ts';
import type {Clock} from '../../src/runtime/clock.ts';
import {systemClock} from '../../src/runtime/clock.ts';
import {readExport, writeExport} from '../../src/transfer/file.ts';
import {importFile} from '../../src/transfer/import.ts';

const HEADER = {prefix: '/sm', clusterId: '7', revision: '9', at: '2026-01-01T00:00:00Z'};
const CLUSTER = {
  key: Buffer.from('app/sm.x/cluster'),
  value: Buffer.from(encodeRecord({v: 1, epoch: 3, clusterId: '7', maxRevision: 5})),
};

async function sleptByImport(living: string[]): Promise<{ms: number; said: string[]}> {
  const folder = mkdtempSync(join(tmpdir(), 'sm-import-'));
  const said: string[] = [];
  let ms = 0;
  const sleep = (delayMs: number): Promise<void> => {
    ms += delayMs;
    return Promise.resolve();
  };
  const real = systemClock();
  const clock: Clock = {...real, wallMs: () => real.wallMs(), nowMs: () => real.nowMs(), sleep};
  const file = readExport(writeExport({header: {...HEADER, living}, items: [CLUSTER]}));
  const say = (text: string): void => void said.push(text);
  try {
    const {keys} = await importFile(
      {file, clock, force: true, say},
      {dataDir: join(folder, 'new')},
    );
    expect(keys).toBe(1);
  } finally {
    rmSync(folder, {recursive: true});
  }
  return {ms, said};
}

it('an export with living containers is imported only when the last right from its store has ended', async () => {
  const {ms, said} = await sleptByImport(['app/orders/hb/c1']);
  expect(ms).toBeGreaterThanOrEqual(silenceMs(TTL_MAX_MS));
  expect(said.join()).toMatch(/^waiting \d+ s: until then a container may still act/);
});

it('an export of a store where nobody lived is imported at once', async () => {
  expect(await sleptByImport([])).toEqual({ms: 0, said: []});
});
