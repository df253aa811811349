/** Files that settings name: a pipe, a device or a directory is refused at once, instead of waited for. */
import {execFileSync} from 'node:child_process';
import {chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, describe, expect, it} from 'vitest';
import {loadConfig, parseConfig, readPlainFile} from '../../src/config/index.ts';
import {Credentials} from '../../src/server/credentials.ts';

const folder = mkdtempSync(join(tmpdir(), 'sm-plain-'));
const pipe = join(folder, 'pipe');
execFileSync('mkfifo', [pipe]);
const file = join(folder, 'file');
writeFileSync(file, 'text', {mode: 0o600});
const link = join(folder, 'link');
symlinkSync(file, link);
afterAll(() => rmSync(folder, {recursive: true}));

const LEAST = 'service: s\nport: 1\nendpoints: [127.0.0.1:1]\netcdPrefix: /sm\n';

describe.each([
  ['a pipe', pipe],
  ['a device', '/dev/zero'],
  ['a directory', folder],
])('%s', (_what, path) => {
  const REFUSED = {code: 'INVALID_CONFIG', message: expect.stringContaining('is not a plain file')};

  it('is not read as a configuration', () => {
    expect(() => loadConfig(path)).toThrow(expect.objectContaining(REFUSED));
  });

  it.each([
    ['tokens', `auth: {tokenFile: ${path}}\n`, (one: Credentials) => one.check()],
    ['a key', `tls: {cert: ${path}, key: ${path}}\n`, (one: Credentials) => one.check()],
    [
      'a password',
      `etcd: {username: u, passwordFile: ${path}}\nfilePermissions: any\n`,
      (one: Credentials) => one.forEtcd(),
    ],
  ])('is not read as %s', (_which, setting, read) => {
    const credentials = new Credentials(parseConfig(LEAST + setting, 'f.yml'));
    expect(() => read(credentials)).toThrow(expect.objectContaining(REFUSED));
  });
});

describe('a plain file', () => {
  it('is read, also by a link, as Kubernetes mounts them, and not beyond its limit', () => {
    for (const path of [file, link]) expect(readPlainFile('file', path, 4).toString()).toBe('text');
    expect(() => readPlainFile('file', file, 3)).toThrow('larger than 3 bytes');
  });

  it('with a password is for its owner alone', () => {
    const setting = `etcd: {username: u, passwordFile: ${file}}\n`;
    const credentials = new Credentials(parseConfig(LEAST + setting, 'f.yml'));
    expect(credentials.forEtcd().password?.reveal()).toBe('text');
    expect(JSON.stringify(credentials.forEtcd())).not.toContain('text');
    chmodSync(file, 0o644);
    expect(() => credentials.forEtcd()).toThrow(/can be read by others/);
  });
});
