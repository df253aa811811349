/** What a store on disk does after its room or its disk has failed it: across restarts, and after a sync that failed. */
import {mkdirSync, readdirSync, readlinkSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {fileDisk} from '../../src/embedded/write-ahead-log.ts';
import {translateError} from '../../src/etcd/foreign-errors.ts';
import {DiskStore} from './disk-store.ts';
import {cleanUp, newPath} from './store-bed.ts';

cleanUp();

const NO_SPACE = 'etcdserver: mvcc: database space exceeded';

/** Puts until the store refuses one. */
async function fill(store: DiskStore): Promise<Error> {
  try {
    for (let index = 0; ; index += 1) await store.put(`k${index}`, 'v'.repeat(500));
  } catch (error) {
    return error as Error;
  }
}

describe('a store whose quota was used up', () => {
  it('takes writes after a restart with a larger one, though a snapshot was written meanwhile', async () => {
    const path = newPath();
    const store = await DiskStore.open(path, {quotaBytes: 20_000, snapshotBytes: 12_000});
    expect((await fill(store)).message).toBe(NO_SPACE);
    // What needs no room is still logged, and makes a snapshot due.
    for (let index = 0; store.directory.snapshots().length === 0 || index < 30; index += 1)
      await store.submit({kind: 'deleteRange', request: {key: Buffer.alloc(600, 'none')}});
    await store.close();
    const again = await DiskStore.open(path, {quotaBytes: 1_000_000});
    await again.put('more');
    expect(again.machine.alarms).toEqual([]);
  });
});

describe('a sync that has failed for want of room', () => {
  it('is no full disk, which ends by itself: it says that a restart is needed', async () => {
    let fails = false;
    const sync = (fd: number): Promise<void> =>
      fails
        ? Promise.reject(Object.assign(new Error('ENOSPC: no space left'), {code: 'ENOSPC'}))
        : fileDisk.sync(fd);
    const store = await DiskStore.open(newPath(), {disk: {...fileDisk, sync}});
    await store.put('a');
    fails = true;
    for (const key of ['b', 'c']) {
      const failure = await store.put(key).catch((error: Error) => error);
      const {message, hint, retryable} = translateError(failure);
      expect(message).toContain('ENOSPC');
      expect(message).not.toContain('etcd does not answer');
      expect(hint).toContain('restart');
      expect(retryable).toBe(true);
      fails = false;
    }
    expect(store.machine.alarms).toEqual([]);
  });
});

describe('a log that a killed process has left', () => {
  it('is synced before anything of it can be read: its last write may be in the memory of the system alone', async () => {
    const path = newPath();
    const store = await DiskStore.open(path);
    await store.put('a');
    store.drop();
    const synced: string[] = [];
    const syncNow = (fd: number): void => void synced.push(readlinkSync(`/proc/self/fd/${fd}`));
    const again = await DiskStore.open(path, {disk: {...fileDisk, syncNow}});
    expect(synced).toEqual([again.directory.logPath(1)]);
  });
});

describe('a snapshot that cannot get its name', () => {
  it('leaves no draft, which would take room for as long as the daemon runs', async () => {
    const path = newPath();
    let refused = 0;
    const sync = (fd: number): Promise<void> => {
      for (const name of readdirSync(path).filter((one) => /^snapshot-.*tmp$/.test(one))) {
        mkdirSync(join(path, name.replace('.tmp', ''), 'full'), {recursive: true});
        refused += 1;
      }
      return fileDisk.sync(fd);
    };
    const store = await DiskStore.open(path, {disk: {...fileDisk, sync}, snapshotBytes: 500});
    for (let index = 0; refused === 0; index += 1) await store.put(`k${index}`, 'v'.repeat(50));
    await store.close();
    expect(readdirSync(path).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});
