import {
  appendFileSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import type {DataDirectory} from '../../src/embedded/data-directory.ts';
import {fileDisk} from '../../src/embedded/write-ahead-log.ts';
import type {LogDisk} from '../../src/embedded/write-ahead-log.ts';
import {DiskStore} from './disk-store.ts';
import {pause} from '../../src/runtime/pause.ts';
import {cleanUp, newPath} from './store-bed.ts';

cleanUp();

const NO_SPACE = 'etcdserver: mvcc: database space exceeded';

/** A disk with so many bytes left. */
class SmallDisk {
  readonly sync = fileDisk.sync;
  readonly truncate = fileDisk.truncate;
  readonly syncNow = fileDisk.syncNow;
  room: number;
  private readonly code: string;

  constructor(room: number, code = 'ENOSPC') {
    this.room = room;
    this.code = code;
  }

  async write(fd: number, bytes: Buffer, position: number): Promise<void> {
    const fitting = Math.min(bytes.length, this.room);
    await fileDisk.write(fd, bytes.subarray(0, fitting), position);
    this.room -= fitting;
    if (fitting < bytes.length)
      throw Object.assign(new Error(`${this.code}: no room for this write`), {code: this.code});
  }
}

async function written(path: string, count: number): Promise<DiskStore> {
  const store = await DiskStore.open(path);
  for (let index = 0; index < count; index += 1) await store.put(`k${index}`, 'v'.repeat(50));
  return store;
}

function lastLog(directory: DataDirectory): string {
  return directory.logPath(directory.logs().at(-1) ?? 0);
}

function keyCount(store: DiskStore): number {
  return store.machine.keys.read({from: '', to: undefined, single: false}).count;
}

describe('a store on disk', () => {
  it('is after a restart what it was: history, leases, compaction, alarms, cluster id', async () => {
    const path = newPath();
    const store = await DiskStore.open(path);
    await store.submit({kind: 'grant', request: {ID: '7587862094837212345', TTL: '60'}});
    await store.submit({kind: 'grant', request: {ID: '2', TTL: '60'}});
    for (let round = 0; round < 20; round += 1)
      await Promise.all([
        store.put(`a${round % 3}`, `${round}`, '7587862094837212345'),
        store.put('\u00ff\0', `${round}`),
      ]);
    await store.submit({kind: 'deleteRange', request: {key: Buffer.from('a1')}});
    await store.submit({kind: 'compact', request: {revision: '12'}});
    await store.submit({kind: 'revoke', request: {ID: '2'}});
    await store.submit({kind: 'alarm', request: {action: 1, memberID: '1', alarm: 2}});
    await store.sweeper.sweep();
    const before = store.content();
    store.drop();
    const again = await DiskStore.open(path);
    expect(again.content()).toEqual(before);
    await again.close();
    expect((await DiskStore.open(path)).content()).toEqual(before);
  });

  it('is the same with snapshots written in between, while it goes on', async () => {
    const anyWrite = fc.record({
      key: fc.constantFrom('a', 'b', 'c', 'd'),
      value: fc.string({maxLength: 400}),
      kind: fc.constantFrom('put', 'put', 'put', 'delete', 'compact'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(anyWrite, {minLength: 20, maxLength: 80}), async (writes) => {
        const path = newPath();
        const store = await DiskStore.open(path, {snapshotBytes: 300});
        const replies = writes.map(({key, value, kind}) => {
          if (kind === 'put') return store.put(key, value);
          if (kind === 'delete')
            return store.submit({kind: 'deleteRange', request: {key: Buffer.from(key)}});
          const revision = String(store.machine.keys.revision - 1);
          return store.submit({kind: 'compact', request: {revision}}).catch(() => undefined);
        });
        await Promise.all(replies);
        await store.sweeper.sweep();
        const before = store.content();
        await store.close();
        const again = await DiskStore.open(path);
        expect(again.content()).toEqual(before);
        await again.close();
      }),
      {numRuns: 25},
    );
  });

  it('keeps one snapshot and the log behind it', async () => {
    const path = newPath();
    const store = await DiskStore.open(path, {snapshotBytes: 2_000});
    for (let round = 0; round < 200; round += 1) {
      await store.put('a', 'x'.repeat(100));
      if (round % 20 !== 0) continue;
      await store.submit({kind: 'compact', request: {revision: String(round + 1)}});
      await store.sweeper.sweep();
    }
    const before = store.content();
    await store.close();
    expect(store.directory.snapshots().length).toBe(1);
    expect(store.directory.logs().length).toBeLessThanOrEqual(2);
    expect((await DiskStore.open(path)).content()).toEqual(before);
  });
});

describe('a log that does not read to its end', () => {
  it('loses only the write under way when its log ends anywhere in it', async () => {
    const path = newPath();
    const store = await written(path, 20);
    store.drop();
    const file = lastLog(store.directory);
    const whole = readFileSync(file);
    const frameBytes = whole.length / 20;
    for (const cut of [1, 10, 24, 60, Math.floor(frameBytes) - 1]) {
      writeFileSync(file, whole.subarray(0, whole.length - cut));
      const again = await DiskStore.open(path);
      expect(keyCount(again)).toBe(19);
      await again.put('after', 'the cut');
      again.drop();
      const third = await DiskStore.open(path);
      expect(keyCount(third)).toBe(20);
      third.drop();
    }
  });

  it('refuses a log that is damaged in its middle, and says how to go on', async () => {
    const path = newPath();
    const store = await written(path, 20);
    store.drop();
    const file = lastLog(store.directory);
    const bytes = readFileSync(file);
    const middle = Math.floor(bytes.length / 2);
    bytes[middle] = (bytes[middle] ?? 0) ^ 1;
    writeFileSync(file, bytes);
    const damage = {code: 'STORE_CORRUPT', message: expect.stringContaining('damaged at byte')};
    await expect(DiskStore.open(path)).rejects.toThrow(expect.objectContaining(damage));
    const hint = await DiskStore.open(path).catch((error: {hint?: string}) => error.hint ?? '');
    const [, size = ''] = /truncate -s (\d+)/.exec(String(hint)) ?? [];
    expect(hint).toContain(file);
    truncateSync(file, Number(size));
    expect(keyCount(await DiskStore.open(path))).toBeLessThan(20);
  });

  it('refuses to cut off a last write that was whole once', async () => {
    const path = newPath();
    const store = await written(path, 5);
    await store.close();
    const file = lastLog(store.directory);
    const bytes = readFileSync(file);
    const inLastPut = bytes.length - 40;
    bytes[inLastPut] = (bytes[inLastPut] ?? 0) ^ 1;
    writeFileSync(file, bytes);
    await expect(DiskStore.open(path)).rejects.toThrow('damaged at byte');
  });

  it('refuses to go on without a log or with a damaged snapshot', async () => {
    const path = newPath();
    const store = await DiskStore.open(path, {snapshotBytes: 500});
    for (let index = 0; index < 50; index += 1) await store.put(`k${index}`, 'v'.repeat(50));
    await store.close();
    const [snapshot = 0] = store.directory.snapshots();
    const file = store.directory.snapshotPath(snapshot);
    const bytes = readFileSync(file);
    truncateSync(file, statSync(file).size - 1);
    await expect(DiskStore.open(path)).rejects.toThrow('the snapshot is damaged');
    writeFileSync(file, bytes);
    for (const start of store.directory.logs()) rmSync(store.directory.logPath(start));
    await expect(DiskStore.open(path)).rejects.toThrow('of the log is missing');
  });

  it('takes what a file system put behind the end for an unfinished write', async () => {
    const path = newPath();
    const store = await written(path, 5);
    store.drop();
    appendFileSync(lastLog(store.directory), Buffer.alloc(4_096));
    expect(keyCount(await DiskStore.open(path))).toBe(5);
  });
});

describe('a full disk', () => {
  it('refuses writes with an alarm, lets reads go on, and takes writes again when there is room', async () => {
    const path = newPath();
    const disk = new SmallDisk(2_000);
    const store = await DiskStore.open(path, {disk});
    let acknowledged = 0;
    const failure = await (async () => {
      for (;;) {
        await store.put(`k${acknowledged}`, 'v'.repeat(100));
        acknowledged += 1;
      }
    })().catch((error: Error) => error);
    expect(failure.message).toBe(NO_SPACE);
    expect(store.machine.alarms).toEqual([{memberID: '1', alarm: 1}]);
    expect(keyCount(store)).toBe(acknowledged);
    disk.room = 10_000;
    await expect(store.put('more')).rejects.toThrow(NO_SPACE);
    await store.submit({kind: 'alarm', request: {action: 2, memberID: '1', alarm: 1}});
    await store.put('more');
    const before = store.content();
    store.drop();
    const again = await DiskStore.open(path);
    expect(again.content()).toEqual(before);
    expect(keyCount(again)).toBe(acknowledged + 1);
  });

  it.each(['EDQUOT', 'EFBIG'])(
    'is what a quota or a limit of file sizes makes it: %s',
    async (code) => {
      const disk = new SmallDisk(500, code);
      const store = await DiskStore.open(newPath(), {disk});
      disk.room = 0;
      await expect(store.put('a')).rejects.toThrow(NO_SPACE);
      expect(store.machine.alarms).toHaveLength(1);
    },
  );

  it('takes writes again by itself within seconds of room', async () => {
    const disk = new SmallDisk(500);
    const store = await DiskStore.open(newPath(), {disk});
    disk.room = 0;
    await expect(store.put('a')).rejects.toThrow(NO_SPACE);
    await pause(1_100);
    // Still full: the try fails, and the alarm stays.
    await expect(store.put('b')).rejects.toThrow(NO_SPACE);
    await expect(store.put('c')).rejects.toThrow(NO_SPACE);
    expect(store.machine.alarms).toHaveLength(1);
    disk.room = 10_000;
    await pause(1_100);
    await store.put('d');
    expect(store.machine.alarms).toEqual([]);
    await store.put('e');
    expect(keyCount(store)).toBe(2);
  });

  it('goes on without snapshots', async () => {
    const path = newPath();
    let refused = 0;
    const write: LogDisk['write'] = async (fd, bytes, position) => {
      if (!readlinkSync(`/proc/self/fd/${fd}`).endsWith('.tmp'))
        return fileDisk.write(fd, bytes, position);
      refused += 1;
      throw Object.assign(new Error('ENOSPC: no space left on device'), {code: 'ENOSPC'});
    };
    const store = await DiskStore.open(path, {disk: {...fileDisk, write}, snapshotBytes: 1_000});
    for (let index = 0; index < 40; index += 1) await store.put('a', 'v'.repeat(100));
    const before = store.content();
    await store.close();
    expect(refused).toBeGreaterThan(0);
    expect(store.directory.snapshots()).toEqual([]);
    expect((await DiskStore.open(path)).content()).toEqual(before);
  });

  it('goes on in its log when there can be no next one', async () => {
    const path = newPath();
    const store = await DiskStore.open(path, {snapshotBytes: 300});
    store.directory.sync = () => {
      throw new Error('EIO: i/o error, fsync');
    };
    for (let index = 0; index < 10; index += 1) await store.put(`k${index}`, 'v'.repeat(100));
    store.drop();
    const file = store.directory.logPath(1);
    truncateSync(file, statSync(file).size - 1);
    expect(keyCount(await DiskStore.open(path))).toBe(9);
  });

  it('writes nothing more after a sync that failed', async () => {
    let fails = false;
    const sync = (fd: number): Promise<void> =>
      fails ? Promise.reject(new Error('EIO: i/o error, fdatasync')) : fileDisk.sync(fd);
    const path = newPath();
    const store = await DiskStore.open(path, {disk: {...fileDisk, sync}});
    await store.put('a');
    fails = true;
    await expect(store.put('b')).rejects.toThrow('EIO');
    fails = false;
    await expect(store.put('c')).rejects.toThrow('EIO');
    expect(keyCount(store)).toBe(1);
  });

  it('raises the alarm at the quota, which deletion and compaction relieve', async () => {
    const store = await DiskStore.open(newPath(), {quotaBytes: 5_000});
    const failure = await (async () => {
      for (let index = 0; ; index += 1) await store.put('a', 'v'.repeat(500));
    })().catch((error: Error) => error);
    expect(failure.message).toBe(NO_SPACE);
    await expect(store.submit({kind: 'grant', request: {ID: '1', TTL: '9'}})).rejects.toThrow(
      NO_SPACE,
    );
    await store.submit({kind: 'deleteRange', request: {key: Buffer.from('a')}});
    const revision = String(store.machine.keys.revision);
    await store.submit({kind: 'compact', request: {revision}});
    await store.sweeper.sweep();
    await expect(store.put('b')).rejects.toThrow(NO_SPACE);
    await store.submit({kind: 'alarm', request: {action: 2, memberID: '1', alarm: 1}});
    await store.put('b');
    expect(keyCount(store)).toBe(1);
  });
});
