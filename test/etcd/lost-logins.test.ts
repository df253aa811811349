/** When a client of etcd logs in anew because its calls are not answered: an etcd that was restored may never answer calls with an old token. */
import {Server, ServerCredentials} from '@grpc/grpc-js';
import type {Metadata, sendUnaryData} from '@grpc/grpc-js';
import {afterEach, beforeEach, expect, it, vi} from 'vitest';
import {wire} from '../../src/embedded/wire.ts';
import {LOGIN_KEPT_MS} from '../../src/etcd/limits.ts';
import {EtcdStore} from '../../src/store/etcd-store.ts';
import {LONG_MS, until} from '../support/until.ts';

let server: Server;
let store: EtcdStore;
/** Of each call. */
let tokens: string[] = [];
let isSilent = false;
let aheadMs = 0;

/** Logs everybody in, and answers nothing else once it is silent. */
async function silentServer(): Promise<number> {
  const {Auth, KV} = wire().services;
  let logins = 0;
  server = new Server();
  server.addService(Auth, {
    Authenticate: (_call: unknown, answer: sendUnaryData<object>) => {
      logins += 1;
      answer(null, {token: `token ${logins}`});
    },
  });
  server.addService(KV, {
    Range: ({metadata}: {metadata: Metadata}, answer: sendUnaryData<object>) => {
      tokens.push(String(metadata.get('token')[0]));
      if (!isSilent) answer(null, {header: {}});
    },
  });
  return new Promise((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
      error === null ? resolve(port) : reject(error),
    ),
  );
}

beforeEach(async () => {
  [tokens, isSilent, aheadMs] = [[], false, 0];
  const now = performance.now.bind(performance);
  vi.spyOn(performance, 'now').mockImplementation(() => now() + aheadMs);
  const endpoints = [`127.0.0.1:${await silentServer()}`];
  store = new EtcdStore({endpoints, username: 'sm', password: 'secret', timeoutMs: 300});
});

afterEach(async () => {
  await store.close();
  server.forceShutdown();
  vi.restoreAllMocks();
});

async function unanswered(): Promise<void> {
  await expect(store.get('/sm/x')).rejects.toMatchObject({code: 'STORE_UNAVAILABLE'});
}

/** Calls until so many logins have been used, then some more: each new login is 10 s after the last one, at least. */
async function expectLogins(count: number): Promise<void> {
  const fromMs = performance.now();
  const used = (): number => new Set(tokens).size;
  for (let call = 0; used() < count; call += 1) {
    expect(call, 'calls with the old login').toBeLessThan(20);
    await unanswered();
  }
  for (let call = 0; call < 2; call += 1) await unanswered();
  // On a busy machine the calls themselves take 10 s.
  const later = Math.floor((performance.now() - fromMs) / LOGIN_KEPT_MS);
  expect(used()).toBeLessThanOrEqual(count + later);
}

it('a call without an answer ends the login of its client, at most once in 10 s', async () => {
  await until(
    () =>
      store.get('/sm/x').then(
        () => true,
        () => false,
      ),
    LONG_MS,
    'it is logged in',
  );
  isSilent = true;
  // Where the machine is busy, calls before it have ended logins.
  tokens = tokens.slice(-1);
  aheadMs += LOGIN_KEPT_MS;
  await expectLogins(2);
  aheadMs += LOGIN_KEPT_MS;
  await expectLogins(3);
});
