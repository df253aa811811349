/** A daemon that governs no more speaks for no push container: none of its writes is taken. */
import {expect, it} from 'vitest';
import {AppView} from '../../../src/appstate/app-view.ts';
import {Keys} from '../../../src/etcd/keys.ts';
import type {OwnershipRecord} from '../../../src/model/ownership.ts';
import type {Governor} from '../../../src/governor/governor.ts';
import {encodeRecord} from '../../../src/protocol/records.ts';
import {systemClock} from '../../../src/runtime/clock.ts';
import {silentLogger} from '../../../src/runtime/logger.ts';
import {proxyRemoval, proxyTransaction} from '../../../src/server/push/proxy-heartbeat.ts';
import {PushWork} from '../../../src/server/push/push-work.ts';
import type {OpenSession, PushWorkOptions} from '../../../src/server/push/push-work.ts';
import {MemoryKv} from '../../support/memory-store.ts';
import type {Transaction} from '../../../src/store/port.ts';

const keys = new Keys('/sm', 'sm');
const app = 'app';
const SUBJECT = {container: '10.0.0.1:80', incarnation: 'ab-7'};
const GUARD = keys.ownership(keys.service, app);

/** A store in which the app is there, and this daemon's claim of it. */
function bed() {
  const kv = new MemoryKv();
  const put = (key: string, value: object): number =>
    kv.transact({
      ...{compares: []},
      then: [{op: 'put', key, value: encodeRecord(value)}],
    }).revision;
  const value = {service: app, createTime: 1, maxShardCount: 0, maxRecoveryTime: 10};
  const mod = put(keys.appSpec(app), {v: 1, ...value});
  const view = new AppView();
  view.apply({kind: 'spec', mod, entry: {value, mod, create: mod}});
  const fencingKey = {key: GUARD, target: 'mod', value: put(GUARD, {v: 1})} as const;
  return {kv, put, view, context: {app, keys, fencingKey, view}};
}

it('the first proxy heartbeat of a session', () => {
  const {kv, put, context} = bed();
  const {transaction} = proxyTransaction(context, SUBJECT, {nonce: 'n', ttlMs: 3_000});
  put(GUARD, {v: 1});
  expect(kv.transact(transaction).kind).toBe('refused');
});

it('the removal of a proxy heartbeat', () => {
  const {kv, put, context} = bed();
  const transaction = proxyRemoval(context, SUBJECT);
  put(GUARD, {v: 1});
  expect(kv.transact(transaction).kind).toBe('refused');
});

it('the record of a shard', () => {
  const {kv, put, view, context} = bed();
  const record: OwnershipRecord = {
    ...{v: 1, state: 'dropping' as const, ...SUBJECT, token: '', ready: true, move: null},
    ...{failures: 0, lastError: ''},
  };
  const mod = put(keys.ownership(app, 's'), record);
  put(keys.heartbeat(app, SUBJECT.incarnation), {v: 1});
  view.apply({kind: 'own', mod, shard: 's', entry: {value: record, mod, create: mod}});
  const sent: Transaction[] = [];
  const batcher = {
    submit: (transaction: Transaction) => {
      sent.push(transaction);
      return new Promise(() => undefined);
    },
  };
  const work = new PushWork({
    ...{...context, clock: systemClock(), logger: silentLogger, batcher, epoch: 1},
    ...{governor: {view} as unknown as Governor, background: () => undefined},
  } as unknown as PushWorkOptions);
  const talk = {step: () => ({step: 'free', failure: undefined})};
  work.one({...SUBJECT, talk, ended: false} as unknown as OpenSession, 's');
  const [transaction] = sent;
  put(GUARD, {v: 1});
  expect(transaction && kv.transact(transaction).kind).toBe('refused');
});
