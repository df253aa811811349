import {mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {DataDirectory} from '../../src/embedded/data-directory.ts';
import {isLockName} from '../../src/embedded/directory-lock.ts';
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
    writeFileSync(join(path, 'store.json'), '{"format":');
    expect((await refusal(path)).code).toBe('STORE_CORRUPT');
    const other = newPath();
    mkdirSync(other);
    writeFileSync(join(other, 'log-0000000000000001'), '');
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
      message: expect.stringContaining('cannot be written') as string,
    });
  });
});
