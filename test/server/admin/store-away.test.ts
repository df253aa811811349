/** etcd answers nobody: what can be said without it is said, and what is broken is named as such. */
import {beforeEach, expect, it} from 'vitest';
import {translateError} from '../../../src/etcd/foreign-errors.ts';
import {unknownOutcome} from '../../../src/server/admin/write/conditional-write.ts';
import {SERVICE, World} from './fixture.ts';

const REFUSED = translateError(new Error('connect ECONNREFUSED 127.0.0.1:2379'));
const SINCE_MS = Date.parse('2026-01-02T03:04:00Z');

let world: World;
beforeEach(() => {
  world = new World({certificates: () => new Map([['tls.cert', SINCE_MS]])});
  world.memory.status = () => Promise.reject(REFUSED);
  const {message, hint = ''} = REFUSED;
  world.writes = {kind: 'none', sinceMs: SINCE_MS, reason: message, fix: hint};
});

it('doctor blames etcd, not the daemon that answers, and says since when and what follows', async () => {
  const {checks} = await world.call('checks', {});
  const found = (name: string) => checks.find((check) => check.name === name);
  expect(found('etcd')).toEqual({
    name: 'etcd',
    verdict: 'FAIL',
    text: 'etcd does not answer: connect ECONNREFUSED 127.0.0.1:2379',
    fix: 'check that etcd runs and that endpoints names it',
  });
  const writes = found('etcd writes');
  expect(writes).toMatchObject({verdict: 'FAIL'});
  expect(writes?.text).toBe(
    'no write has committed since 2026-01-02T03:04:00.000Z: etcd does not answer: connect ECONNREFUSED 127.0.0.1:2379; containers that cannot write either have stopped their shards',
  );
  // What needs no etcd is checked as ever.
  expect(found('certificates')).toMatchObject({verdict: 'FAIL'});
});

it('status says since when, and what follows', async () => {
  await expect(world.call('status', {})).rejects.toMatchObject({
    code: 'STORE_UNAVAILABLE',
    message:
      'etcd does not answer: connect ECONNREFUSED 127.0.0.1:2379; no write has committed since 2026-01-02T03:04:00.000Z; containers that cannot write either have stopped their shards',
    hint: 'check that etcd runs and that endpoints names it',
  });
});

it('doctor sends nobody to daemons, containers or shards while no write commits', async () => {
  const full = new World();
  full.writes = world.writes;
  await full.call('addSpec', {service: 'orders'});
  await full.call('addShard', {service: 'orders', shardId: 's1'});
  await full.join(SERVICE, 'd1');
  await full.join('orders', 'c1');
  await full.own('orders', 's1', {});
  const {checks} = await full.call('checks', {});
  for (const name of ['daemons', 'containers of orders', 'shards of orders'])
    expect(checks.find((check) => check.name === name)).toMatchObject({fix: 'see etcd writes'});
});

it('a change whose outcome is not known says what the store said, and the way out', () => {
  const space = translateError(new Error('etcdserver: mvcc: database space exceeded'));
  expect(unknownOutcome(space)).toMatchObject({
    message:
      'the store is out of space and takes no writes: the change may or may not have been made',
    hint: `${space.hint}; then look whether the change is there`,
  });
  expect(unknownOutcome(new Error('lost'))).toMatchObject({
    message: 'the store did not answer: the change may or may not have been made',
    hint: 'look whether the change is there, and make it again if it is not',
  });
});
