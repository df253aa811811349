/** How processes of this machine find the password of an embedded store. */
import {chmodSync, readdirSync, renameSync, symlinkSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, it, vi} from 'vitest';
import {startEmbeddedStore} from '../../src/embedded/index.ts';
import {forgetLocalStore, localLogin, noteLocalStore} from '../../src/etcd/local-login.ts';
import {revealed} from '../../src/model/hidden-text.ts';
import {EtcdStore} from '../../src/store/etcd-store.ts';
import {ownFolder} from '../support/own-folder.ts';

const PORT = 24_444;
const before = process.env['XDG_STATE_HOME'];
let folder = '';

beforeAll(() => {
  folder = ownFolder('state');
  process.env['XDG_STATE_HOME'] = folder;
});
afterAll(() => {
  process.env['XDG_STATE_HOME'] = before;
});

function passwordFile(text: string, name = 'password'): string {
  const path = join(folder, name);
  writeFileSync(path, text, {mode: 0o600});
  return path;
}

function found(endpoint: string): string | undefined {
  const login = localLogin(endpoint);
  return login === undefined ? undefined : `${login.username}:${revealed(login.password)}`;
}

it('by a note for its port, on this machine alone, until the store takes it back', () => {
  const file = passwordFile('secret\n');
  expect(found(`127.0.0.1:${PORT}`)).toBeUndefined();
  noteLocalStore(PORT, {username: 'sm', passwordFile: file});
  for (const host of ['127.0.0.1', 'localhost', 'http://127.0.0.1', 'https://[::1]'])
    expect(found(`${host}:${PORT}`)).toBe('sm:secret');
  for (const elsewhere of [`10.0.0.1:${PORT}`, `localhost.example:${PORT}`, '127.0.0.1:24445'])
    expect(found(elsewhere)).toBeUndefined();
  forgetLocalStore(PORT, join(folder, 'of-another-store'));
  expect(found(`127.0.0.1:${PORT}`)).toBe('sm:secret');
  forgetLocalStore(PORT, file);
  expect(found(`127.0.0.1:${PORT}`)).toBeUndefined();
});

it('not where others could have written or read note or password, nor over links', () => {
  const file = passwordFile('secret');
  const note = join(folder, 'sm', 'stores', `${PORT}.json`);
  noteLocalStore(PORT, {username: 'sm', passwordFile: file});
  for (const path of [note, file]) {
    chmodSync(path, 0o644);
    expect(found(`127.0.0.1:${PORT}`)).toBeUndefined();
    chmodSync(path, 0o600);
    renameSync(path, `${path}.real`);
    symlinkSync(`${path}.real`, path);
    expect(found(`127.0.0.1:${PORT}`)).toBeUndefined();
    renameSync(`${path}.real`, path);
  }
  // Kubernetes lets the fsGroup of a pod read and write all files of the volume; the note is not on it.
  chmodSync(file, 0o660);
  expect(found(`127.0.0.1:${PORT}`)).toBe('sm:secret');
  chmodSync(note, 0o660);
  expect(found(`127.0.0.1:${PORT}`)).toBeUndefined();
  chmodSync(note, 0o600);
  expect(readdirSync(join(folder, 'sm', 'stores'))).toEqual([`${PORT}.json`]);
  forgetLocalStore(PORT);
});

it('nothing, and no fault, where the state folder cannot be looked at', () => {
  const loop = join(folder, 'loop');
  symlinkSync(loop, loop);
  process.env['XDG_STATE_HOME'] = loop;
  expect(found(`127.0.0.1:${PORT}`)).toBeUndefined();
  forgetLocalStore(PORT);
  process.env['XDG_STATE_HOME'] = folder;
});

it('and a note that is left over costs nobody anything', async () => {
  const store = await startEmbeddedStore();
  const port = Number(store.endpoint.split(':')[1]);
  noteLocalStore(port, {username: 'sm', passwordFile: passwordFile('old')});
  const client = new EtcdStore({endpoints: [store.endpoint]});
  expect((await client.get('/sm/x')).entry).toBeUndefined();
  await client.close();
  await store.close();
  forgetLocalStore(port);
});

it('also when the store comes with its password after the client', async () => {
  const first = await startEmbeddedStore();
  const port = Number(first.endpoint.split(':')[1]);
  const client = new EtcdStore({endpoints: [first.endpoint]});
  await client.get('/sm/x');
  await first.close();
  for (const password of ['one', 'two']) {
    const store = await startEmbeddedStore({port, user: {name: 'sm', password}});
    noteLocalStore(port, {username: 'sm', passwordFile: passwordFile(password)});
    expect((await client.get('/sm/x')).entry).toBeUndefined();
    await store.close();
  }
  await client.close();
  forgetLocalStore(port);
});

it('and no login goes through a proxy of the environment, with a note or with a user that is given', async () => {
  const store = await startEmbeddedStore({user: {name: 'sm', password: 'secret'}});
  const port = Number(store.endpoint.split(':')[1]);
  noteLocalStore(port, {username: 'sm', passwordFile: passwordFile('secret')});
  vi.stubEnv('grpc_proxy', 'http://127.0.0.1:9');
  for (const user of [{}, {username: 'sm', password: 'secret'}]) {
    const client = new EtcdStore({endpoints: [store.endpoint], ...user});
    expect((await client.get('/sm/x')).entry).toBeUndefined();
    await client.close();
  }
  vi.unstubAllEnvs();
  await store.close();
  forgetLocalStore(port);
});
