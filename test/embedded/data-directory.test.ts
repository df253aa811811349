import {spawnSync} from 'node:child_process';
import {mkdirSync, readFileSync, readdirSync, statSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {DataDirectory} from '../../src/embedded/data-directory.ts';
import {lockDirectory} from '../../src/embedded/directory-lock.ts';
import {SmError} from '../../src/model/errors.ts';
import {cleanUp, newPath} from './store-bed.ts';

cleanUp();

function refusal(path: string): SmError {
  try {
    DataDirectory.open(path).close();
  } catch (error) {
    if (error instanceof SmError) return error;
    throw error;
  }
  throw new Error('the directory was opened');
}

/** A pid that no process has any more. */
function deadPid(): number {
  return spawnSync(process.execPath, ['-e', '']).pid;
}

function writeLock(path: string, number: number, change: object): void {
  const release = lockDirectory(path);
  const [name = ''] = readdirSync(path).filter((one) => one.startsWith('lock.'));
  const holder = JSON.parse(readFileSync(join(path, name), 'utf8')) as object;
  release();
  writeFileSync(join(path, `lock.${number}`), JSON.stringify({...holder, ...change}));
}

describe('a data directory', () => {
  it('keeps its identity', () => {
    const path = newPath();
    const first = DataDirectory.open(path);
    first.close();
    const second = DataDirectory.open(path);
    expect(second.identity).toEqual(first.identity);
    second.close();
    expect(first.identity.clusterId).toMatch(/^[1-9]\d*$/);
  });

  it('has one user at a time, and names the process', () => {
    const path = newPath();
    const directory = DataDirectory.open(path);
    const error = refusal(path);
    expect(error.code).toBe('CONFLICT');
    expect(error.message).toContain(`in use by process ${process.pid}`);
    directory.close();
    DataDirectory.open(path).close();
  });

  it('is given back without a byte more, as the disk may be full', () => {
    const path = newPath();
    const directory = DataDirectory.open(path);
    const before = readdirSync(path);
    directory.close();
    expect(readdirSync(path)).toEqual(before);
    expect(statSync(join(path, 'lock.1')).size).toBe(0);
    DataDirectory.open(path).close();
  });

  it('is taken over from a process that is gone, also when its pid is used again or its note cut short', () => {
    const path = newPath();
    DataDirectory.open(path).close();
    writeLock(path, 100, {pid: deadPid()});
    DataDirectory.open(path).close();
    writeLock(path, 200, {started: '1'});
    DataDirectory.open(path).close();
    writeLock(path, 300, {boot: 'another'});
    DataDirectory.open(path).close();
    writeFileSync(join(path, 'lock.400'), '');
    DataDirectory.open(path).close();
    expect(readdirSync(path).filter((name) => name.startsWith('lock.'))).toEqual(['lock.401']);
  });

  it('is not taken from another machine', () => {
    const path = newPath();
    DataDirectory.open(path).close();
    writeLock(path, 100, {host: 'elsewhere', pid: deadPid()});
    const error = refusal(path);
    expect(error.message).toContain('on elsewhere');
    expect(error.hint).toContain(join(path, 'lock.100'));
  });

  it('is refused when a newer version wrote it', () => {
    const path = newPath();
    DataDirectory.open(path).close();
    const file = join(path, 'store.json');
    const content = JSON.parse(readFileSync(file, 'utf8')) as object;
    writeFileSync(file, JSON.stringify({...content, format: 2}));
    const error = refusal(path);
    expect(error.code).toBe('INVALID_CONFIG');
    expect(error.message).toContain('newer version');
  });

  it('is refused when its format does not read or is gone', () => {
    const path = newPath();
    DataDirectory.open(path).close();
    writeFileSync(join(path, 'store.json'), '{"format":');
    expect(refusal(path).code).toBe('STORE_CORRUPT');
    const other = newPath();
    mkdirSync(other);
    writeFileSync(join(other, 'log-0000000000000001'), '');
    expect(refusal(other)).toMatchObject({
      code: 'STORE_CORRUPT',
      message: expect.stringContaining('store.json is missing') as string,
    });
  });

  it('is refused when it belongs to something else, or cannot be written', () => {
    const path = newPath();
    mkdirSync(join(path, 'member'), {recursive: true});
    expect(refusal(path)).toMatchObject({
      code: 'INVALID_CONFIG',
      hint: expect.stringContaining('"member"') as string,
    });
    const file = newPath();
    writeFileSync(file, '');
    expect(refusal(join(file, 'below'))).toMatchObject({code: 'INVALID_CONFIG'});
    // Not even root may make a directory there.
    expect(refusal('/sys/sm-store')).toMatchObject({
      code: 'INVALID_CONFIG',
      message: expect.stringContaining('cannot be written') as string,
    });
  });
});
