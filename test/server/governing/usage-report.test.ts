/** The leader adds up what all apps take. */
import {afterEach, expect, it} from 'vitest';
import {Keys} from '../../../src/etcd/keys.ts';
import {CLUSTER_QUOTA_DEFAULT} from '../../../src/model/quota.ts';
import {decodeUsage} from '../../../src/protocol/quota-fields.ts';
import {encodeRecord} from '../../../src/protocol/records.ts';
import type {Clock} from '../../../src/runtime/clock.ts';
import {silentLogger} from '../../../src/runtime/logger.ts';
import {UsageReport} from '../../../src/server/governing/usage-report.ts';
import {MemoryStore} from '../../support/memory-store.ts';
import {LONG_MS, until} from '../../support/until.ts';
import {status} from '../admin/fixture.ts';

const keys = new Keys('/sm', 'sm.test');
const store = new MemoryStore();
let due: (() => void) | undefined;
const clock = {
  after: (_ms: number, run: () => void) => {
    due = run;
    return {cancel: () => (due = undefined)};
  },
} as unknown as Clock;
const report = new UsageReport({
  ...{store, keys, clock, logger: silentLogger},
  quota: () => CLUSTER_QUOTA_DEFAULT,
});
afterEach(() => report.stop());

/** This daemon leads from now on, by the key as it is written here. */
async function lead(incarnation: string): Promise<void> {
  const key = keys.leader();
  await store.transact({compares: [], then: [{op: 'delete', key}]});
  await put(key, {v: 1, containerId: 'd', incarnation, createTime: 1});
  report.start({key, target: 'create', value: (await store.get(key)).entry?.create ?? 0});
}

async function put(key: string, value: object): Promise<void> {
  const then = [{op: 'put', key, value: encodeRecord(value)}] as const;
  await store.transact({compares: [], then});
}

async function counted(): Promise<object | undefined> {
  const run = due;
  due = undefined;
  run?.();
  await until(() => due !== undefined, LONG_MS, 'the round has ended');
  const {entry} = await store.get(keys.usage());
  return entry === undefined ? undefined : {...decodeUsage(entry.value)?.used, mod: entry.mod};
}

it('counts the summaries of the apps that there are, and writes only what is news', async () => {
  const usage = {shards: 1, containers: 2, specBytes: 3, groups: 4, pushSessions: 5};
  for (const app of ['one', 'two', 'older']) await put(keys.governedShard(app), {id: app});
  await put(keys.status('one'), status({usage}));
  await put(keys.status('two'), status({usage: {...usage, shards: 10}}));
  await put(keys.status('older'), status({}));
  await put(keys.status('gone'), status({usage}));
  await lead('me');
  const first = await counted();
  expect(first).toMatchObject({
    ...{apps: 3, shards: 11, containers: 4, specBytes: 6, groups: 8, pushSessions: 10},
  });
  expect(await counted()).toEqual(first);
  await put(keys.status('two'), status({usage}));
  expect(await counted()).toMatchObject({shards: 2});
});

it('writes nothing once another daemon leads: that one would leave what came late as it is', async () => {
  await lead('me');
  const before = await counted();
  const key = keys.leader();
  await store.transact({compares: [], then: [{op: 'delete', key}]});
  await put(key, {v: 1, containerId: 'd', incarnation: 'other', createTime: 1});
  await put(keys.governedShard('more'), {id: 'more'});
  expect(await counted()).toEqual(before);
});

it('writes over what somebody else has put there', async () => {
  await lead('me');
  const before = await counted();
  const then = [{op: 'put', key: keys.usage(), value: 'rubbish'}] as const;
  await store.transact({compares: [], then});
  expect({...(await counted()), mod: 0}).toEqual({...before, mod: 0});
});
