/** Files of secrets that are read again: what is taken over, what is said of the others. */
import {copyFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, beforeEach, describe, expect, it} from 'vitest';
import {parseConfig} from '../../src/config/index.ts';
import {revealed} from '../../src/model/hidden-text.ts';
import {silentLogger} from '../../src/runtime/logger.ts';
import {CredentialWatch} from '../../src/server/credential-watch.ts';
import {Credentials} from '../../src/server/credentials.ts';
import {Authority} from '../support/certificates.ts';
import type {CertificateFiles} from '../support/certificates.ts';
import {ownFolder} from '../support/own-folder.ts';

const DAY_MS = 24 * 3_600_000;
const authority = new Authority();
let short: CertificateFiles;
let long: CertificateFiles;
let folder: string;

beforeAll(() => {
  short = authority.issue('short', 'DNS:sm-1.example', 2);
  long = authority.issue('long', 'DNS:sm-1.example', 90);
});
afterAll(() => authority.remove());
beforeEach(() => {
  folder = ownFolder('reload');
});

function put(name: string, {cert, key}: CertificateFiles): {cert: string; key: string} {
  const files = {cert: join(folder, `${name}.pem`), key: join(folder, `${name}.key`)};
  copyFileSync(cert, files.cert);
  copyFileSync(key, files.key);
  return files;
}

function putTokens(letter: string): string {
  const path = join(folder, 'tokens');
  writeFileSync(path, `${letter.repeat(50)}\n`, {mode: 0o600});
  return path;
}

/** As a daemon begins with them. */
function begun(lines: readonly string[], embedded = false): Credentials {
  const where = embedded ? [] : ['endpoints: [127.0.0.1:2379]'];
  const text = ['service: s', 'port: 8801', 'etcdPrefix: /sm', ...where, ...lines].join('\n');
  const credentials = new Credentials(parseConfig(text, 'sm.yml', {embedded}));
  credentials.check();
  return credentials;
}

function daysLeft(credentials: Credentials, setting: string): number {
  return Math.round(((credentials.expiries().get(setting) ?? 0) - Date.now()) / DAY_MS);
}

describe('a token file that is read again', () => {
  it('holds from then on, also while a certificate for etcd is missing', () => {
    const {cert, key} = put('etcd', short);
    const tokenFile = putTokens('a');
    const credentials = begun([
      `auth: {tokenFile: ${tokenFile}}`,
      `etcd: {tls: {ca: ${authority.ca}, cert: ${cert}, key: ${key}}}`,
    ]);
    const {tokens, onTokensChanged} = credentials.forHttp();
    let changes = 0;
    onTokensChanged?.(() => (changes += 1));
    rmSync(cert);
    putTokens('b');
    credentials.reload();
    expect(changes).toBe(1);
    const [token = ''] = tokens === 'none' ? [] : tokens();
    expect(revealed(token)).toBe('b'.repeat(50));
    expect(daysLeft(credentials, 'etcd.tls.cert')).toBe(2);
  });

  it('is not taken over where a certificate of the daemon cannot be read: all stays as it was', () => {
    const {cert, key} = put('own', short);
    const tokenFile = putTokens('a');
    const credentials = begun([
      `auth: {tokenFile: ${tokenFile}}`,
      `tls: {cert: ${cert}, key: ${key}, ca: ${authority.ca}}`,
    ]);
    const {onTokensChanged} = credentials.forHttp();
    let changes = 0;
    onTokensChanged?.(() => (changes += 1));
    rmSync(cert);
    putTokens('b');
    expect(() => credentials.reload()).toThrow('tls.cert');
    expect(changes).toBe(0);
    expect(daysLeft(credentials, 'tls.cert')).toBe(2);
  });
});

it('a file that changes between its reading and the end of the start, as while etcd is away, is read again', () => {
  const credentials = begun([`auth: {tokenFile: ${putTokens('a')}}`]);
  const {seen} = credentials;
  const reloads = (before: string): number => {
    let count = 0;
    let tick = (): void => undefined;
    const watch = new CredentialWatch({
      ...{files: () => credentials.files(), reload: () => (count += 1), seen: before},
      clock: {after: (_delayMs, callback) => ((tick = callback), {cancel: () => undefined})},
      logger: silentLogger,
    });
    watch.start();
    tick();
    tick();
    return count;
  };
  expect(reloads(seen)).toBe(0);
  putTokens('b');
  expect(reloads(seen)).toBe(1);
});

describe('when a certificate ends', () => {
  it('is said of the one in use: of etcd the new one once etcd has taken it', () => {
    const {cert, key} = put('etcd', short);
    const credentials = begun([
      `auth: {tokenFile: ${putTokens('a')}}`,
      `etcd: {tls: {ca: ${authority.ca}, cert: ${cert}, key: ${key}}}`,
    ]);
    credentials.forHttp();
    put('etcd', long);
    credentials.reload();
    expect(daysLeft(credentials, 'etcd.tls.cert')).toBe(2);
    credentials.changesForEtcd()?.taken();
    expect(daysLeft(credentials, 'etcd.tls.cert')).toBe(90);
  });

  it('is said of the one in use: of the store inside the one that it was started with, and the change is named', () => {
    const {cert, key} = put('store', short);
    const credentials = begun(
      [
        `auth: {tokenFile: ${putTokens('a')}}`,
        `etcd: {tls: {ca: ${authority.ca}}}`,
        `embedded: {tls: {cert: ${cert}, key: ${key}}}`,
      ],
      true,
    );
    credentials.forHttp();
    expect(credentials.changesForEtcd()).toBeUndefined();
    put('store', long);
    credentials.reload();
    expect(daysLeft(credentials, 'embedded.tls.cert')).toBe(2);
    expect(credentials.files()).toEqual(expect.arrayContaining([cert, key]));
    expect(credentials.changesForEtcd()?.files).toEqual(['embedded.tls.cert', 'embedded.tls.key']);
  });
});
