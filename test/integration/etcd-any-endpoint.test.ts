/** Commands that change etcd itself: one member that is away does not stop them. */
import {afterAll, beforeAll, expect, it} from 'vitest';
import {disarmAlarms} from '../../src/etcd/alarms.ts';
import {applyRoles} from '../../src/etcd/roles.ts';
import {startEtcd} from '../support/etcd-process.ts';
import type {EtcdProcess} from '../support/etcd-process.ts';
import {freePorts} from '../support/free-ports.ts';

let etcd: EtcdProcess;
let endpoints: string[] = [];

beforeAll(async () => {
  etcd = await startEtcd();
  const [closed = 0] = await freePorts(1);
  endpoints = [`127.0.0.1:${closed}`, etcd.endpoint];
});

afterAll(() => etcd.stop());

it('alarms are taken back, and roles made, by the next endpoint', async () => {
  expect(await disarmAlarms({endpoints})).toEqual([]);
  const role = {name: 'reader', purpose: 'to read', grants: []};
  expect(await applyRoles({endpoints}, [role])).toEqual([{name: 'reader', result: 'created'}]);
  expect(await applyRoles({endpoints}, [role])).toEqual([{name: 'reader', result: 'unchanged'}]);
});

it('where none answers, the last one says why', async () => {
  await expect(disarmAlarms({endpoints: endpoints.slice(0, 1)})).rejects.toMatchObject({
    code: 'STORE_UNAVAILABLE',
  });
});
