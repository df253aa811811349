/** A container that etcd refuses something gets no shards, and says why: nobody else can. */
import {afterEach, expect, it, vi} from 'vitest';
import {SmError} from '../../src/model/errors.ts';
import {silentLogger} from '../../src/runtime/log-port.ts';
import type {Logger} from '../../src/runtime/log-port.ts';
import {LONG_MS, pause, until} from '../support/until.ts';
import {SessionDriverBed} from './session-driver-bed.ts';

const DENIED = new SmError('STORE_AUTH', 'no role gives the right', {hint: 'make the roles anew'});
const AWAY = new SmError('STORE_UNAVAILABLE', 'etcd does not answer', {retryable: true});
const hooks = {add: () => undefined, drop: () => undefined};
let bed: SessionDriverBed;
afterEach(() => bed.driver.stop());

/** A container that is refused all keys with `part`; what it has said. */
function refused(part: string, error = DENIED): string[] {
  const said: string[] = [];
  const logger: Logger = {
    ...silentLogger,
    warn: (fields, message) => void said.push(`${message}: ${JSON.stringify(fields)}`),
    child: () => logger,
  };
  bed = new SessionDriverBed(hooks, {logger}, 3_000);
  const {store} = bed;
  const transact = store.transact.bind(store);
  const isRefused = (keys: readonly string[]): boolean => keys.some((key) => key.includes(part));
  vi.spyOn(store, 'transact').mockImplementation((transaction, ...rest) => {
    const keys = [...transaction.then, ...(transaction.otherwise ?? [])].map(({key}) => key);
    if (isRefused(keys)) return Promise.resolve({kind: 'unknown', error});
    return transact(transaction, ...rest);
  });
  const getMany = store.getMany.bind(store);
  vi.spyOn(store, 'getMany').mockImplementation((keys, ...rest) =>
    isRefused(keys) ? Promise.reject(error) : getMany(keys, ...rest),
  );
  return said;
}

it.each([
  ['heartbeat', '/hb/'],
  ['id', '/id/'],
])('a %s that it may not write is named, once in a while', async (_what, part) => {
  const said = refused(part);
  bed.driver.start();
  await until(() => said.length > 0, LONG_MS, 'it has said so');
  expect(said[0]).toContain(
    JSON.stringify({reason: DENIED.message, fix: DENIED.hint}).slice(1, -1),
  );
  await pause(700);
  expect(said).toHaveLength(1);
});

it('records that it may not read or write are named', async () => {
  const said = refused('/own/');
  await bed.start();
  bed.driver.hint(bed.driver.session.incarnation, 's', 7);
  await until(() => said.length > 0, LONG_MS, 'it has said so');
  expect(said[0]).toContain(DENIED.message);
});

it('an etcd that has not answered since it joined is named, once in a while: no fence can tell of that', async () => {
  const said = refused('/hb/', AWAY);
  bed.driver.start();
  await until(() => said.length > 0, LONG_MS, 'it has said so');
  expect(said[0]).toContain('not registered yet');
  expect(said[0]).toContain(`"reason":"${AWAY.message}"`);
  await pause(700);
  expect(said).toHaveLength(1);
});

it('is silent of an etcd that no longer answers: the fence tells of that', async () => {
  const said = refused('/own/', AWAY);
  await bed.start();
  bed.driver.hint(bed.driver.session.incarnation, 's', 7);
  await pause(300);
  expect(said).toEqual([]);
});
