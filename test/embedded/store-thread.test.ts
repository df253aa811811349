/** A store in a thread of its own is the store of its process, and goes on whatever that process does. */
import {spawnSync} from 'node:child_process';
import {readFileSync, rmSync} from 'node:fs';
import {once} from 'node:events';
import {createServer} from 'node:net';
import type {AddressInfo} from 'node:net';
import {join} from 'node:path';
import type {Worker} from 'node:worker_threads';
import {afterEach, describe, expect, it, vi} from 'vitest';
import type {EmbeddedStore} from '../../src/embedded/index.ts';
import {startStoreThread} from '../../src/embedded/store-thread.ts';
import type {StoreThreadOptions} from '../../src/embedded/thread-messages.ts';
import {revealed} from '../../src/model/hidden-text.ts';
import {openEtcdStore} from '../../src/store/etcd-store.ts';
import {ownFolder} from '../support/own-folder.ts';
import {LONG_MS, until} from '../support/until.ts';

/** Ends with 0 when the server has greeted it. */
const CALLER = `require('node:http2').connect('http://' + process.argv[1]).on('remoteSettings', () => process.exit(0));`;
const CALLER_LIMIT_MS = 30_000;

const stores: EmbeddedStore[] = [];
const folders: string[] = [];

async function start(options: StoreThreadOptions = {}): Promise<EmbeddedStore> {
  const store = await startStoreThread(options);
  stores.push(store);
  return store;
}

function newFolder(): string {
  const folder = ownFolder('thread');
  folders.push(folder);
  return folder;
}

async function put({endpoint, user}: EmbeddedStore): Promise<void> {
  const login = user && {username: user.name, password: revealed(user.password)};
  const client = openEtcdStore({endpoints: [endpoint], ...login});
  const then = [{op: 'put' as const, key: '/k', value: 'v'}];
  const put = () => client.transact({compares: [], then});
  // On a busy machine an answer may come too late.
  const isPut = await until(async () => (await put()).kind === 'committed', LONG_MS, 'it is put');
  await client.close();
  expect(isPut).toBe(true);
}

describe('a store in a thread of its own', () => {
  afterEach(async () => {
    for (const store of stores.splice(0)) await store.close();
    for (const folder of folders.splice(0)) rmSync(folder, {recursive: true, force: true});
  });

  it('answers others while the event loop of its process does not turn', async () => {
    const {endpoint} = await start();
    // Nothing else runs in this thread until the caller has ended.
    const {status} = spawnSync(process.execPath, ['-e', CALLER, endpoint], {
      timeout: CALLER_LIMIT_MS,
    });
    expect(status).toBe(0);
  });

  it('says what there is, and how long its syncs took', async () => {
    const syncs: number[] = [];
    const store = await start({dataDir: join(newFolder(), 'data'), onSync: (ms) => syncs.push(ms)});
    await put(store);
    await expect.poll(() => syncs.length * store.figures().bytes).toBeGreaterThan(0);
    expect(store.figures()).toMatchObject({outOfSpace: false, connectionsRefused: 0});
  });

  it('has said where its password is before anybody is answered, and keeps what it took', async () => {
    const dataDir = join(newFolder(), 'data');
    const files: string[] = [];
    const options = {dataDir, auth: 'new' as const, onPassword: (file: string) => files.push(file)};
    const store = await start(options);
    expect(files).toEqual([join(dataDir, 'password')]);
    expect(readFileSync(join(dataDir, 'password'), 'utf8').trim()).toBe(
      revealed(store.user?.password ?? ''),
    );
    await put(store);
    await store.close();
    const again = await start(options);
    expect(again.clusterId).toBe(store.clusterId);
    expect(again.figures().bytes).toBeGreaterThan(0);
  });

  it('refuses as one in the process does', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    const {port} = taken.address() as AddressInfo;
    await expect(start({port})).rejects.toMatchObject({code: 'PORT_TAKEN', name: 'SmError'});
    taken.close();
    const dataDir = join(newFolder(), 'data');
    await start({dataDir});
    await expect(start({dataDir})).rejects.toMatchObject({code: 'CONFLICT'});
    await expect(start({host: '0.0.0.0'})).rejects.toMatchObject({code: 'INVALID_CONFIG'});
  });

  it('is lost when the thread ends by itself', async () => {
    const begun = once(process, 'worker') as Promise<[Worker]>;
    const store = await start();
    const [worker] = await begun;
    await worker.terminate();
    expect(await store.lost).toMatchObject({code: 'INTERNAL'});
  });

  it('is lost when its lock is removed, and closes after that', async () => {
    const dataDir = join(newFolder(), 'data');
    const store = await start({dataDir});
    rmSync(join(dataDir, 'lock.1'), {recursive: true});
    expect(await store.lost).toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining(dataDir) as string,
    });
    await store.close();
    const again = await start({dataDir});
    expect(again.clusterId).toBe(store.clusterId);
  });

  it('may be closed twice, and is not lost by that', async () => {
    const store = await start();
    const lost = vi.fn();
    void store.lost.then(lost);
    await Promise.all([store.close(), store.close()]);
    await store.close();
    expect(lost).not.toHaveBeenCalled();
  });
});
