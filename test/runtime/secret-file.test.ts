/** Files that settings name: a pipe, a device or a directory is refused at once, instead of waited for. */
import {execFileSync} from 'node:child_process';
import {chmodSync, chownSync, symlinkSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {loadConfig, parseConfig} from '../../src/config/index.ts';
import {readPlainFile, readSecretFile} from '../../src/runtime/secret-file.ts';
import {Credentials} from '../../src/server/credentials.ts';
import {ownFolder} from '../support/own-folder.ts';

const folder = ownFolder('plain');
const pipe = join(folder, 'pipe');
execFileSync('mkfifo', [pipe]);
const file = join(folder, 'file');
writeFileSync(file, 'text', {mode: 0o600});
const link = join(folder, 'link');
symlinkSync(file, link);

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

  it('with a secret is refused as a link where links are refused, and a missing one says so', () => {
    const rules = {what: 'secret', mostBytes: 4, readers: 'owner'} as const;
    expect(readSecretFile(link, {...rules, links: 'followed'}).toString()).toBe('text');
    expect(() => readSecretFile(link, {...rules, links: 'refused'})).toThrow('is a link');
    expect(() => readSecretFile(pipe, {...rules, links: 'refused'})).toThrow('not a plain file');
    const missing = join(folder, 'missing');
    expect(() => readSecretFile(missing, {...rules, links: 'refused'})).toThrow(
      expect.objectContaining({cause: expect.objectContaining({code: 'ENOENT'}) as unknown}),
    );
  });

  // Only root can give a file away.
  it.skipIf(process.getuid?.() !== 0)('of another user is refused, whoever its readers are', () => {
    const foreign = join(folder, 'foreign');
    writeFileSync(foreign, 'text', {mode: 0o600});
    chownSync(foreign, 12_345, 12_345);
    const rules = {what: 'secret', mostBytes: 4, links: 'followed'} as const;
    for (const readers of ['owner', 'group'] as const)
      expect(() => readSecretFile(foreign, {...rules, readers})).toThrow('another user');
    expect(readSecretFile(foreign, {...rules, readers: 'any'}).toString()).toBe('text');
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
