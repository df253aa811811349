import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {DataDirectory} from '../../src/embedded/data-directory.ts';
import {isLockName} from '../../src/embedded/directory-lock.ts';
import {startEmbeddedStore} from '../../src/embedded/index.ts';
import {SmError} from '../../src/model/errors.ts';
import {cleanUp, newPath} from './store-bed.ts';

cleanUp();

async function refusal(path: string): Promise<SmError> {
  try {
    (await DataDirectory.open(path)).close();
  } catch (error) {
    if (error instanceof SmError) return error;
    throw error;
  }
  throw new Error('the directory was opened');
}

function everything(path: string): string[] {
  return readdirSync(path, {recursive: true}) as string[];
}

describe('a data directory', () => {
  it('keeps its identity', async () => {
    const path = newPath();
    const first = await DataDirectory.open(path);
    first.close();
    const second = await DataDirectory.open(path);
    expect(second.identity).toEqual(first.identity);
    second.close();
    expect(first.identity.clusterId).toMatch(/^[1-9]\d*$/);
  });

  it('has one user at a time, and names the process', async () => {
    const path = newPath();
    const directory = await DataDirectory.open(path);
    const error = await refusal(path);
    expect(error.code).toBe('CONFLICT');
    expect(error.message).toContain(`in use by process ${process.pid}`);
    directory.close();
    (await DataDirectory.open(path)).close();
  });

  it('is given back without a byte more, as the disk may be full', async () => {
    const path = newPath();
    const directory = await DataDirectory.open(path);
    const before = everything(path);
    directory.close();
    expect(before).toEqual(expect.arrayContaining(everything(path)));
    (await DataDirectory.open(path)).close();
    expect(readdirSync(path).filter(isLockName)).toEqual(['lock.2']);
  });

  it('is taken over when its note was cut short and nobody renews it', async () => {
    const path = newPath();
    const directory = await DataDirectory.open(path);
    writeFileSync(join(path, 'lock.1', 'holder.json'), '{"pid":');
    expect((await refusal(path)).code).toBe('CONFLICT');
    directory.close();
    writeFileSync(join(path, 'lock.1', 'holder.json'), '{"pid":');
    const next = await DataDirectory.open(path);
    expect(next.lock.predecessorMayWake).toBe(true);
    next.close();
  });

  it('is not taken from an older version, whose lock nobody renews', async () => {
    const path = newPath();
    (await DataDirectory.open(path)).close();
    writeFileSync(join(path, 'lock.100'), '{"pid":1,"host":"elsewhere","started":"1","boot":""}');
    expect(await refusal(path)).toMatchObject({
      code: 'CONFLICT',
      hint: expect.stringContaining(`rm ${join(path, 'lock.100')}`) as string,
    });
    writeFileSync(join(path, 'lock.100'), '');
    (await DataDirectory.open(path)).close();
    expect(readdirSync(path).filter(isLockName)).toEqual(['lock.101']);
  });

  it('takes no write any more when its lock is gone, and says so once', async () => {
    const path = newPath();
    const lost: SmError[] = [];
    const directory = await DataDirectory.open(path, {onLost: (error) => lost.push(error)});
    directory.lock.verify();
    rmSync(join(path, 'lock.1'), {recursive: true});
    expect(() => directory.lock.verify()).toThrow('no longer owns the data directory');
    expect(() => directory.lock.assertHeld()).toThrow('no longer owns the data directory');
    expect(lost).toEqual([expect.objectContaining({code: 'CONFLICT'})]);
    directory.close();
  });
});

describe('a data directory that cannot be used', () => {
  it('is refused when a newer version wrote it', async () => {
    const path = newPath();
    (await DataDirectory.open(path)).close();
    const file = join(path, 'store.json');
    const content = JSON.parse(readFileSync(file, 'utf8')) as object;
    writeFileSync(file, JSON.stringify({...content, format: 2}));
    const error = await refusal(path);
    expect(error.code).toBe('INVALID_CONFIG');
    expect(error.message).toContain('newer version');
  });

  it('is refused when its format does not read or is gone', async () => {
    const path = newPath();
    (await DataDirectory.open(path)).close();
    for (const text of ['{"format":', 'null', '[]']) {
      writeFileSync(join(path, 'store.json'), text);
      expect((await refusal(path)).code).toBe('STORE_CORRUPT');
    }
    const other = newPath();
    mkdirSync(other);
    writeFileSync(join(other, 'log-0000000000000001'), 'entries');
    expect(await refusal(other)).toMatchObject({
      code: 'STORE_CORRUPT',
      message: expect.stringContaining('store.json is missing') as string,
    });
  });

  it('is refused when it belongs to something else, or cannot be written', async () => {
    const path = newPath();
    mkdirSync(join(path, 'member'), {recursive: true});
    expect(await refusal(path)).toMatchObject({
      code: 'INVALID_CONFIG',
      hint: expect.stringContaining('"member"') as string,
    });
    const file = newPath();
    writeFileSync(file, '');
    expect(await refusal(join(file, 'below'))).toMatchObject({code: 'INVALID_CONFIG'});
    // Not even root may make a directory there.
    expect(await refusal('/sys/sm-store')).toMatchObject({
      code: 'INVALID_CONFIG',
      message: expect.stringContaining('cannot be used') as string,
    });
  });

  it('whose log is gone is refused, and begins no empty store; one whose first start was cut short is begun anew', async () => {
    const path = newPath();
    await (await startEmbeddedStore({dataDir: path})).close();
    const log = join(path, 'log-0000000000000001');
    rmSync(log);
    await expect(startEmbeddedStore({dataDir: path})).rejects.toMatchObject({
      code: 'STORE_CORRUPT',
      message: `${path}: entry 1 of the log is missing`,
    });
    const cut = newPath();
    mkdirSync(cut, {mode: 0o700});
    writeFileSync(join(cut, 'log-0000000000000001'), '', {mode: 0o600});
    await (await startEmbeddedStore({dataDir: cut})).close();
  });

  it('with a log that cannot be opened is refused in words that name it', async () => {
    const path = newPath();
    await (await startEmbeddedStore({dataDir: path})).close();
    const log = join(path, 'log-0000000000000001');
    rmSync(log);
    // Refused to root as well, who may open whatever file there is.
    mkdirSync(log, {mode: 0o700});
    await expect(startEmbeddedStore({dataDir: path})).rejects.toMatchObject({
      code: 'INVALID_CONFIG',
      message: expect.stringMatching(/this data directory cannot be used: EISDIR.*log-0/) as string,
      hint: expect.stringContaining('another directory would begin an empty store') as string,
    });
  });
});

/** A directory with each kind of file that the store makes. */
async function filled(): Promise<string> {
  const path = newPath();
  const store = await startEmbeddedStore({dataDir: path, auth: 'new'});
  await store.close();
  writeFileSync(join(path, 'snapshot-0000000000000001'), '', {mode: 0o600});
  return path;
}

describe('the rights of a data directory', () => {
  it("are its owner's alone, for all that is made in it", async () => {
    const path = await filled();
    // The socket of the lock lies in a directory of its owner's alone.
    const names = everything(path).filter((name) => !name.endsWith('socket'));
    const modes = names.map((name) => [name, statSync(join(path, name)).mode & 0o077]);
    expect(statSync(path).mode & 0o777).toBe(0o700);
    expect(modes.filter(([, mode]) => mode !== 0)).toEqual([]);
    expect(modes.length).toBeGreaterThanOrEqual(6);
  });

  it('are looked at: others may not write to it, nor read its files', async () => {
    const path = await filled();
    const [log = ''] = readdirSync(path).filter((name) => name.startsWith('log-'));
    const open: [string, number, number][] = [
      ['', 0o777, 0o700],
      ...['store.json', log, 'snapshot-0000000000000001'].map((name): [string, number, number] => [
        name,
        0o644,
        0o600,
      ]),
    ];
    for (const [name, mode, before] of open) {
      chmodSync(join(path, name), mode);
      const {code, message, hint} = await refusal(path);
      expect([code, message]).toEqual(['INVALID_CONFIG', expect.stringContaining('by others')]);
      expect(message).toContain(join(path, name));
      expect(hint).toContain('chmod');
      (await DataDirectory.open(path, {filePermissions: 'any'})).close();
      chmodSync(join(path, name), before);
    }
    chmodSync(join(path, lockOf(path)), 0o777);
    expect((await refusal(path)).message).toContain('can be written by others');
    chmodSync(join(path, lockOf(path)), 0o700);
    (await DataDirectory.open(path)).close();
  });

  it('and no link in it is followed, though it may be one itself', async () => {
    const path = await filled();
    const link = `${path}-link`;
    symlinkSync(path, link);
    (await DataDirectory.open(link)).close();
    const elsewhere = newPath();
    for (const name of readdirSync(path).filter((one) => one !== 'password')) {
      renameSync(join(path, name), elsewhere);
      symlinkSync(elsewhere, join(path, name));
      expect(await refusal(path)).toMatchObject({
        code: 'INVALID_CONFIG',
        message: expect.stringContaining(`${join(path, name)} is a link`) as string,
      });
      expect(lstatSync(join(path, name)).isSymbolicLink()).toBe(true);
      rmSync(join(path, name));
      renameSync(elsewhere, join(path, name));
    }
    (await DataDirectory.open(path)).close();
  });

  // Only root can give a file away.
  it.skipIf(process.getuid?.() !== 0)("and none of it may be another user's", async () => {
    const path = await filled();
    for (const name of ['', 'store.json', lockOf(path)]) {
      chownSync(join(path, name), 12_345, 0);
      expect((await refusal(path)).message).toContain('belongs to another user');
      chownSync(join(path, name), 0, 0);
    }
    (await DataDirectory.open(path)).close();
  });
});

function lockOf(path: string): string {
  return readdirSync(path).find(isLockName) ?? '';
}
