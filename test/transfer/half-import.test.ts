/** What an import that was interrupted has left is half of a store: it must not travel on as a whole one. */
import {readdirSync} from 'node:fs';
import {join} from 'node:path';
import {expect, it} from 'vitest';
import type {RawEntry, RawKeys} from '../../src/etcd/raw-keys.ts';
import {encodeRecord} from '../../src/protocol/records.ts';
import {systemClock} from '../../src/runtime/clock.ts';
import {exportPrefix} from '../../src/transfer/export.ts';
import {readExport, writeExport} from '../../src/transfer/file.ts';
import {importFile} from '../../src/transfer/import.ts';
import {ownFolder} from '../support/own-folder.ts';

const SAY = (): void => undefined;

function locationOf(entries: readonly RawEntry[]) {
  const keys = {
    status: () => Promise.resolve({clusterId: '7', revision: 9}),
    list: () => Promise.resolve({revision: 9, entries}),
    transact: () => Promise.reject(new Error('nothing is written')),
  } as unknown as RawKeys;
  return {keys, prefix: '/sm', name: 'a store', close: () => Promise.resolve()};
}

function cluster(more: object): RawEntry {
  const record = {v: 1, epoch: 3, clusterId: '7', maxRevision: 5, ...more};
  return {
    key: Buffer.from('/sm/app/sm.x/cluster'),
    value: Buffer.from(encodeRecord(record)),
    mod: 4,
  };
}

const HEADER = {
  ...{prefix: '/sm', clusterId: '7', revision: '9', at: '2026-01-01T00:00:00Z'},
  living: [] as string[],
};
const HALF_ITEM = {
  key: Buffer.from('app/sm.x/cluster'),
  value: cluster({importing: true}).value,
};

const HALF = {code: 'CONFLICT', message: expect.stringContaining('import') as string};

it.each([true, false])('half an import is not exported, live: %s', async (live) => {
  const options = {clock: systemClock(), live, say: SAY};
  const half = exportPrefix({...options, location: locationOf([cluster({importing: true})])});
  await expect(half).rejects.toMatchObject(HALF);
  const whole = await exportPrefix({...options, location: locationOf([cluster({})])});
  expect(whole.keys).toBe(1);
});

it.each([
  ['that holds half an import', [HALF_ITEM], [], true],
  ['that was made while a container lived', [], ['c1'], false],
])('a file %s is refused before a data directory is made', async (_what, items, living, force) => {
  const folder = ownFolder('import');
  const file = readExport(writeExport({header: {...HEADER, living}, items}));
  const options = {file, clock: systemClock(), force, say: SAY};
  const call = importFile(options, {dataDir: join(folder, 'new')});
  await expect(call).rejects.toMatchObject({code: expect.stringMatching(/CONFLICT|CHECK_FAILED/)});
  expect(readdirSync(folder)).toEqual([]);
});
