/** Certificates and passwords of etcd from files and functions, and what happens when they are renewed. */
import {HiddenText, revealed} from '../../src/model/hidden-text.ts';
import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, it, vi} from 'vitest';
import {SECRETS_LOOK_MS, SECRET_ANSWER_MS} from '../../src/container/limits.ts';
import {RENEWAL_RETRY_MS} from '../../src/runtime/limits.ts';
import {SecretsWatch, loginKey, readSecrets} from '../../src/container/secrets.ts';
import type {EtcdSecrets} from '../../src/etcd/endpoint-clients.ts';
import type {EtcdLogin} from '../../src/container/secrets.ts';
import type {Clock} from '../../src/runtime/clock.ts';
import {systemClock} from '../../src/runtime/clock.ts';
import {Authority, contentOf} from '../support/certificates.ts';
import {LONG_MS} from '../support/cluster.ts';
import {ownFolder} from '../support/own-folder.ts';
import {until} from '../support/until.ts';

const folder = ownFolder('secrets');
const files = {ca: join(folder, 'ca'), cert: join(folder, 'cert'), key: join(folder, 'key')};
let authority: Authority;
beforeAll(() => {
  authority = new Authority();
});
afterAll(() => authority.remove());

function issued(name: string): {ca: Buffer; cert: Buffer; key: Buffer} {
  return contentOf(authority.issue(name, 'DNS:client.test'));
}

function write(content: Partial<Record<keyof typeof files, Buffer>>): void {
  for (const [name, bytes] of Object.entries(content))
    writeFileSync(files[name as keyof typeof files], bytes);
}

/** A watch whose looks come when the test says so. `take`: rejects what etcd does not take. */
async function watched(login: EtcdLogin, take = (): Promise<void> => Promise.resolve()) {
  const due: (() => void)[] = [];
  const delays: number[] = [];
  const clock: Clock = {
    ...systemClock(),
    after: (delayMs, callback) => {
      delays.push(delayMs);
      due.push(callback);
      return {cancel: () => void due.splice(0)};
    },
  };
  const changes: EtcdSecrets[] = [];
  const logged: string[] = [];
  const watch = new SecretsWatch({
    ...{login, first: await readSecrets(login), clock},
    onChange: async (secrets) => {
      await take();
      changes.push(secrets);
    },
    logger: {
      info: (_fields, message) => logged.push(message),
      warn: (fields, message) => logged.push(`${message}: ${JSON.stringify(fields)}`),
    },
  });
  const look = async (): Promise<void> => {
    due.shift()?.();
    await until(() => due.length > 0, LONG_MS, 'it has looked');
  };
  return {watch, due, delays, changes, logged, look};
}

const inFiles: EtcdLogin = {
  username: 'orders',
  password: {file: join(folder, 'password')},
  tls: {ca: {file: files.ca}, cert: {file: files.cert}, key: {file: files.key}},
};

/** With password and key in clear: two hidden ones are alike to a test. */
function shown(secrets: EtcdSecrets): object {
  const {password, tls} = secrets;
  const key = tls?.key;
  return {
    ...secrets,
    ...(password === undefined ? {} : {password: revealed(password)}),
    ...(key instanceof HiddenText ? {tls: {...tls, key: Buffer.from(key.reveal())}} : {}),
  };
}

describe('secrets', () => {
  it('are taken as they are, from files and from functions', async () => {
    const {ca, cert, key} = issued('one');
    write({cert});
    writeFileSync(join(folder, 'password'), 'a b \n');
    const password = {file: join(folder, 'password')};
    const tls = {ca, cert: {file: files.cert}, key: () => Promise.resolve(key)};
    expect(shown(await readSecrets({username: 'orders', password, tls}))).toEqual({
      ...{username: 'orders', password: 'a b ', tls: {ca, cert, key}},
    });
    expect(await readSecrets({})).toEqual({});
  });

  it('that are text are the same PEM as bytes: a vault gives text', async () => {
    const {ca, cert, key} = issued('text');
    const tls = {
      ca: ca.toString(),
      cert: () => cert.toString(),
      key: () => Promise.resolve(`${key}`),
    };
    expect(shown(await readSecrets({tls}))).toEqual({tls: {ca, cert, key}});
  });

  it('that are paths say how a file is named', async () => {
    for (const tls of [{ca: files.ca}, {cert: files.cert, key: files.key}])
      await expect(readSecrets({tls})).rejects.toMatchObject({
        code: 'INVALID_INPUT',
        hint: expect.stringContaining('{file: path}') as string,
      });
  });

  it('that cannot be had are named', async () => {
    await expect(readSecrets({password: {file: join(folder, 'none')}})).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringMatching(/^etcd\.password: .*none cannot be read$/) as string,
    });
    const failing = (): string => {
      throw new Error('the vault is sealed');
    };
    await expect(readSecrets({password: failing})).rejects.toMatchObject({
      message: 'etcd.password: its function has failed',
      cause: {message: 'the vault is sealed'},
    });
    // As () => process.env.PASSWORD where that is not set.
    for (const nothing of [undefined, null, 7]) {
      const giving = (): never => nothing as never;
      for (const login of [{password: giving}, {tls: {ca: giving}}, {tls: {key: giving}}])
        await expect(readSecrets(login)).rejects.toMatchObject({
          code: 'INVALID_INPUT',
          message: expect.stringMatching(/^etcd\.[a-z.]+: its function has failed$/) as string,
        });
    }
    const [{cert}, {key}] = [issued('one'), issued('two')];
    await expect(readSecrets({tls: {cert, key}})).rejects.toMatchObject({code: 'INVALID_INPUT'});
    // A certificate without its key would not be shown, and nobody would know.
    for (const half of [{cert}, {key}])
      await expect(readSecrets({tls: half})).rejects.toMatchObject({code: 'INVALID_INPUT'});
    const ca = Buffer.from('not PEM');
    await expect(readSecrets({tls: {ca}})).rejects.toMatchObject({code: 'INVALID_INPUT'});
  });

  it('are the same login for the same files and the same function, not for the same content', () => {
    const password = (): string => 'a';
    expect(loginKey({password})).toBe(loginKey({password}));
    expect(loginKey({password})).not.toBe(loginKey({password: () => 'a'}));
    expect(loginKey(inFiles)).toBe(loginKey(structuredClone(inFiles)));
    expect(loginKey({password: 'a'})).not.toBe(loginKey({password: 'b'}));
    expect(loginKey({password: 'hunter2'})).not.toContain('hunter2');
  });
});

describe('renewed secrets', () => {
  it('are used once certificate and key belong together; until then the old ones stay, and one line says so', async () => {
    const [first, second] = [issued('one'), issued('two')];
    write(first);
    writeFileSync(join(folder, 'password'), 'one');
    const {watch, changes, logged, look, delays} = await watched(inFiles);
    await look();
    expect(changes).toEqual([]);
    write({cert: second.cert});
    await look();
    await look();
    expect(changes).toEqual([]);
    expect(logged).toHaveLength(1);
    expect(logged[0]).toContain('the old ones stay in use');
    write({key: second.key});
    writeFileSync(join(folder, 'password'), 'two');
    await look();
    expect(changes.map(shown)).toEqual([{username: 'orders', password: 'two', tls: second}]);
    const whileRefused = [RENEWAL_RETRY_MS, RENEWAL_RETRY_MS];
    expect(delays).toEqual([SECRETS_LOOK_MS, SECRETS_LOOK_MS, ...whileRefused, SECRETS_LOOK_MS]);
    watch.close();
  });

  it('that etcd does not take yet leave the old ones in use, and are tried until it does', async () => {
    let password = 'one';
    let isTaken = false;
    const login: EtcdLogin = {username: 'orders', password: () => password};
    const take = (): Promise<void> =>
      isTaken ? Promise.resolve() : Promise.reject(new Error('etcd refuses the login'));
    const {watch, changes, logged, look, delays} = await watched(login, take);
    password = 'two';
    await look();
    await look();
    expect(changes).toEqual([]);
    expect(logged).toEqual([expect.stringContaining('etcd refuses the login')]);
    isTaken = true;
    await look();
    expect(changes.map(shown)).toEqual([{username: 'orders', password: 'two'}]);
    expect(delays.slice(1)).toEqual([RENEWAL_RETRY_MS, RENEWAL_RETRY_MS, SECRETS_LOOK_MS]);
    watch.close();
  });

  it('are asked of functions again', async () => {
    let password = 'one';
    const {watch, changes, look} = await watched({username: 'orders', password: () => password});
    password = 'two';
    await look();
    await look();
    expect(changes.map(shown)).toEqual([{username: 'orders', password: 'two'}]);
    watch.close();
  });

  it('are asked of a function again that has not answered in time', async () => {
    vi.useFakeTimers();
    try {
      let answer = (): Promise<string> => Promise.resolve('one');
      const {watch, due, changes, logged} = await watched({
        ...{username: 'orders', password: () => answer()},
      });
      const looked = async (): Promise<void> => {
        due.shift()?.();
        await vi.advanceTimersByTimeAsync(SECRET_ANSWER_MS);
      };
      answer = () => new Promise(() => undefined);
      await looked();
      expect(logged).toEqual([expect.stringContaining('the old ones stay in use')]);
      answer = () => Promise.resolve('two');
      await looked();
      expect(changes.map(shown)).toEqual([{username: 'orders', password: 'two'}]);
      watch.close();
    } finally {
      vi.useRealTimers();
    }
  });

  it('are not looked for where all are fixed, nor after the end', async () => {
    expect((await watched({username: 'orders', password: 'one'})).due).toEqual([]);
    const {watch, due} = await watched({username: 'orders', password: () => 'one'});
    expect(due).toHaveLength(1);
    watch.close();
    expect(due).toEqual([]);
  });
});
