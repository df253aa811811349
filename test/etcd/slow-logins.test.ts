/** Logins cost etcd far more than reads, as it compares a hash that is slow on purpose: many at once must not keep it from answering any. */
import {Server, ServerCredentials, status} from '@grpc/grpc-js';
import type {sendUnaryData} from '@grpc/grpc-js';
import {afterEach, beforeEach, describe, expect, it, vi} from 'vitest';
import {wire} from '../../src/embedded/wire.ts';
import {LOGIN_LIMIT_MS, LOGIN_PAUSE_MAX_MS} from '../../src/etcd/limits.ts';
import {EtcdStore} from '../../src/store/etcd-store.ts';
import {proveSecrets} from '../../src/store/prove-secrets.ts';
import {freePorts} from '../support/free-ports.ts';
import {LONG_MS, until} from '../support/until.ts';

const LOGIN = {username: 'sm', password: 'secret'};
const CALL_MS = 300;

let server: Server;
let endpoints: string[];
let store: EtcdStore;
/** Each login that the server was asked for, to be answered by the test. */
let logins: sendUnaryData<object>[] = [];

async function serverOfLogins(): Promise<number> {
  const {Auth, KV} = wire().services;
  server = new Server();
  server.addService(Auth, {
    Authenticate: (_call: unknown, answer: sendUnaryData<object>) => void logins.push(answer),
  });
  server.addService(KV, {
    Range: (_call: unknown, answer: sendUnaryData<object>) => answer(null, {header: {}}),
  });
  return new Promise((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
      error === null ? resolve(port) : reject(error),
    ),
  );
}

beforeEach(async () => {
  logins = [];
  endpoints = [`127.0.0.1:${await serverOfLogins()}`];
  store = new EtcdStore({endpoints, ...LOGIN, timeoutMs: CALL_MS});
});

afterEach(async () => {
  vi.restoreAllMocks();
  await store.close();
  server.forceShutdown();
});

it('a login that takes longer than calls is waited for by the calls after them, and not begun anew', async () => {
  for (let call = 0; call < 4; call += 1)
    await expect(store.get('/sm/x')).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringContaining('timed out') as string,
    });
  expect(logins).toHaveLength(1);
  logins[0]?.(null, {token: 'late'});
  const isAnswered = () =>
    store.get('/sm/x').then(
      () => true,
      () => false,
    );
  await until(isAnswered, LONG_MS, 'a call is answered');
  expect(logins).toHaveLength(1);
});

it('a login that was refused is made again after a pause, and calls in between are refused at once', async () => {
  const startMs = performance.now();
  let aheadMs = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => startMs + aheadMs);
  const refused = async (): Promise<void> => {
    await expect(store.get('/sm/x')).rejects.toMatchObject({code: 'STORE_AUTH'});
  };
  const asked = async (count: number): Promise<void> => {
    const call = refused();
    await until(() => logins.length >= count, LONG_MS, 'a login');
    const message = 'etcdserver: authentication failed, invalid user ID or password';
    logins.at(-1)?.({code: status.INVALID_ARGUMENT, message});
    await call;
    for (let more = 0; more < 5; more += 1) await refused();
    expect(logins).toHaveLength(count);
  };
  for (const count of [1, 2, 3, 4]) {
    await asked(count);
    aheadMs += 2 * LOGIN_PAUSE_MAX_MS;
  }
});

describe('a new password', () => {
  it('is proved by one login, however long that takes', async () => {
    const proved = proveSecrets({endpoints, timeoutMs: CALL_MS}, LOGIN);
    await until(() => logins.length > 0, LONG_MS, 'a login');
    // Longer than a call.
    await expect(store.get('/sm/x')).rejects.toMatchObject({code: 'STORE_UNAVAILABLE'});
    const [probe, other] = logins;
    probe?.(null, {token: 'late'});
    await proved;
    expect(logins).toEqual([probe, other]);
  });

  it('that cannot be tried is reported after the time of a call, not of a login', async () => {
    const [nobody = 0] = await freePorts(1);
    const away = {endpoints: [`127.0.0.1:${nobody}`], timeoutMs: CALL_MS};
    const fromMs = performance.now();
    await expect(proveSecrets(away, LOGIN)).rejects.toMatchObject({code: 'STORE_UNAVAILABLE'});
    expect(performance.now() - fromMs).toBeLessThan(LOGIN_LIMIT_MS / 2);
  });
});
