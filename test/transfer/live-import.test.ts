/** An export that was made while containers lived may be all that is left of a store, and its containers may still act. */
import {join} from 'node:path';
import {expect, it} from 'vitest';
import {silenceMs} from '../../src/model/container.ts';
import {TTL_MAX_MS} from '../../src/model/limits.ts';
import {encodeRecord} from '../../src/protocol/records.ts';
import type {Clock} from '../../src/runtime/clock.ts';
import {systemClock} from '../../src/runtime/clock.ts';
import type {Item} from '../../src/transfer/contents.ts';
import {readExport, writeExport} from '../../src/transfer/file.ts';
import {importFile} from '../../src/transfer/import.ts';
import {ownFolder} from '../support/own-folder.ts';

const HEADER = {prefix: '/sm', clusterId: '7', revision: '9', at: '2026-01-01T00:00:00Z'};

function cluster(more: object = {}): Item {
  const record = {v: 1, epoch: 3, clusterId: '7', maxRevision: 5, ...more};
  return {key: Buffer.from('app/sm.x/cluster'), value: Buffer.from(encodeRecord(record))};
}

/** Of the last of some imports into one new store. */
async function sleptByImport(
  living: string[],
  clusters: readonly Item[] = [cluster()],
): Promise<{ms: number; said: string[]}> {
  const folder = ownFolder('import');
  const said: string[] = [];
  let ms = 0;
  const sleep = (delayMs: number): Promise<void> => {
    ms += delayMs;
    return Promise.resolve();
  };
  const real = systemClock();
  const clock: Clock = {...real, wallMs: () => real.wallMs(), nowMs: () => real.nowMs(), sleep};
  const say = (text: string): void => void said.push(text);
  for (const one of clusters) {
    ms = 0;
    const file = readExport(writeExport({header: {...HEADER, living}, items: [one]}));
    const options = {file, clock, force: true, say};
    expect(await importFile(options, {dataDir: join(folder, 'new')})).toMatchObject({keys: 1});
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

it('what was noticed to be restored is imported over only when the last right of before has ended', async () => {
  const restored = cluster({restored: 'etcd has gone back', restoredAtMs: 5});
  const {ms} = await sleptByImport([], [restored, cluster()]);
  expect(ms).toBeGreaterThanOrEqual(silenceMs(TTL_MAX_MS));
});
