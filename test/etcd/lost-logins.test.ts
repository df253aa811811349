/** When a client of etcd logs in anew because its calls are not answered: an etcd that was restored may never answer calls with an old token. */
import {Server, ServerCredentials} from '@grpc/grpc-js';
import type {sendUnaryData} from '@grpc/grpc-js';
import {afterEach, beforeEach, expect, it, vi} from 'vitest';
import {wire} from '../../src/embedded/wire.ts';
import {LOGIN_KEPT_MS} from '../../src/etcd/limits.ts';
import {EtcdStore} from '../../src/store/etcd-store.ts';

let server: Server;
let store: EtcdStore;
let logins = 0;
let aheadMs = 0;

/** Logs everybody in, and answers nothing else. */
async function silentServer(): Promise<number> {
  const {Auth, KV} = wire().services;
  server = new Server();
  server.addService(Auth, {
    Authenticate: (_call: unknown, answer: sendUnaryData<object>) => {
      logins += 1;
      answer(null, {token: `token ${logins}`});
    },
  });
  server.addService(KV, {Range: () => undefined});
  return new Promise((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
      error === null ? resolve(port) : reject(error),
    ),
  );
}

beforeEach(async () => {
  [logins, aheadMs] = [0, 0];
  const nowMs = performance.now.bind(performance);
  vi.spyOn(performance, 'now').mockImplementation(() => nowMs() + aheadMs);
  const endpoints = [`127.0.0.1:${await silentServer()}`];
  store = new EtcdStore({endpoints, username: 'sm', password: 'secret', timeoutMs: 300});
});

afterEach(async () => {
  await store.close();
  server.forceShutdown();
  vi.restoreAllMocks();
});

/** How often it has logged in after so many calls more. */
async function loginsAfter(calls: number): Promise<number> {
  for (let call = 0; call < calls; call += 1)
    await expect(store.get('/sm/x')).rejects.toMatchObject({code: 'STORE_UNAVAILABLE'});
  return logins;
}

it('a call without an answer ends the login of its client, at most once in 10 s', async () => {
  expect(await loginsAfter(1)).toBe(1);
  expect(await loginsAfter(3)).toBe(2);
  aheadMs += LOGIN_KEPT_MS;
  expect(await loginsAfter(1)).toBe(2);
  expect(await loginsAfter(3)).toBe(3);
});
