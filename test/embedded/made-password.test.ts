/** The password that a store makes at its first start. */
import {
  chmodSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import {join} from 'node:path';
import {afterEach, expect, it} from 'vitest';
import {startEmbeddedStore} from '../../src/embedded/index.ts';
import type {EmbeddedStore, EmbeddedStoreOptions} from '../../src/embedded/index.ts';
import {revealed} from '../../src/model/hidden-text.ts';
import {EtcdStore} from '../../src/store/etcd-store.ts';
import {cleanUp, newPath} from './store-bed.ts';

cleanUp();
const stores: EmbeddedStore[] = [];
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
});

async function started(dataDir: string, options: EmbeddedStoreOptions = {auth: 'new'}) {
  const store = await startEmbeddedStore({dataDir, ...options});
  stores.push(store);
  return store;
}

/** What somebody without a password is answered. */
async function asked({endpoint}: EmbeddedStore, password?: string): Promise<string> {
  const login = password === undefined ? {} : {username: 'sm', password};
  const client = new EtcdStore({endpoints: [endpoint], ...login});
  try {
    await client.get('/sm/x');
    return 'answered';
  } catch (error) {
    return (error as Error).message;
  } finally {
    await client.close();
  }
}

it('is in a file for its owner alone, is asked for, and is the same at the next start', async () => {
  const path = newPath();
  const file = join(path, 'password');
  const first = await started(path);
  const password = readFileSync(file, 'utf8').trim();
  expect(password).toMatch(/^[0-9a-f]{64}$/);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(await asked(first)).toContain('user name is empty');
  expect(await asked(first, 'wrong')).toContain('authentication failed');
  expect(await asked(first, password)).toBe('answered');
  await first.close();
  const again = await started(path);
  expect(revealed(again.user?.password ?? '')).toBe(password);
  await again.close();
  // Another one is made where somebody took it away; the directory still says that there is one.
  rmSync(file);
  const renewed = await started(path);
  expect(await asked(renewed, password)).toContain('authentication failed');
  expect(await asked(renewed)).toContain('user name is empty');
});

it('is not asked for where that is switched off, nor where a directory of before has none', async () => {
  const path = newPath();
  const open = await started(path, {auth: 'none'});
  expect(await asked(open)).toBe('answered');
  await open.close();
  const format = join(path, 'store.json');
  const {password: _mark, ...before} = JSON.parse(readFileSync(format, 'utf8')) as {
    password: boolean;
  };
  writeFileSync(format, JSON.stringify(before));
  const old = await started(path);
  expect(await asked(old)).toBe('answered');
  await old.close();
  const asking = await started(path, {auth: 'password'});
  expect(await asked(asking)).toContain('user name is empty');
  await asking.close();
  const later = await started(path);
  expect(await asked(later)).toContain('user name is empty');
});

it('is refused where others may read it, as a link, and empty', async () => {
  const path = newPath();
  const file = join(path, 'password');
  await (await started(path)).close();
  const {message} = await refusal(path, () => chmodSync(file, 0o604));
  expect(message).toContain('can be read by others');
  chmodSync(file, 0o600);
  renameSync(file, `${path}-elsewhere`);
  expect((await refusal(path, () => symlinkSync(`${path}-elsewhere`, file))).message).toContain(
    'is a link',
  );
  rmSync(file);
  expect((await refusal(path, () => writeFileSync(file, '\n', {mode: 0o600}))).message).toContain(
    'is empty',
  );
});

// Kubernetes lets the fsGroup of a pod read and write all files of its volumes, at each start.
it('is read where a group of the process was let in', async () => {
  const path = newPath();
  const file = join(path, 'password');
  await (await started(path)).close();
  chmodSync(file, 0o660);
  const {user} = await started(path);
  expect(revealed(user?.password ?? '')).toBe(readFileSync(file, 'utf8').trim());
});

async function refusal(path: string, prepare: () => void): Promise<Error> {
  prepare();
  return started(path).then(
    () => new Error('it was started'),
    (error: unknown) => error as Error,
  );
}
