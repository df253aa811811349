/** `sm serve --check` and the start refuse the same files. */
import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {parseConfig} from '../../src/config/index.ts';
import {checkStart} from '../../src/server/start-check.ts';
import {Authority} from '../support/certificates.ts';
import {ownFolder} from '../support/own-folder.ts';

const authority = new Authority();
let folder = '';
let other = '';

beforeAll(() => {
  folder = ownFolder('files');
  other = authority.issue('other', 'DNS:other.example').key;
  writeFileSync(join(folder, 'text.pem'), 'not PEM', {mode: 0o600});
  writeFileSync(join(folder, 'roles'), 'daemon admin\n');
});
afterAll(() => authority.remove());

function check(more: string, embedded = false): void {
  const where = embedded ? [] : ['endpoints: [127.0.0.1:2379]'];
  const lines = ['service: s', 'port: 8801', 'etcdPrefix: /sm', ...where, more];
  checkStart(parseConfig(lines.join('\n'), 'sm.yml', {embedded}));
}

describe('a file that the configuration names', () => {
  it.each([
    ['auth.tokenFile', 'auth: {tokenFile: NONE}', 'token file'],
    ['tls.cert', 'tls: {cert: NONE, key: KEY}', 'tls.cert:'],
    ['tls.key', 'tls: {cert: CERT, key: NONE}', 'tls.key:'],
    ['tls.ca', 'tls: {cert: CERT, key: KEY, ca: NONE}', 'tls.ca:'],
    [
      'tls.clientCa',
      'tls: {cert: CERT, key: KEY, clientCa: NONE, clientRoles: ROLES}',
      'tls.clientCa:',
    ],
    ['etcd.passwordFile', 'etcd: {username: u, passwordFile: NONE}', 'etcd.passwordFile:'],
    ['etcd.tls.ca', 'etcd: {tls: {ca: NONE}}', 'etcd.tls.ca:'],
    ['etcd.tls.key', 'etcd: {tls: {ca: CA, cert: CERT, key: NONE}}', 'etcd.tls.key:'],
    ['containerTls.ca', 'containerTls: {ca: NONE}', 'containerTls.ca:'],
    ['containerTls.key', 'containerTls: {cert: CERT, key: NONE}', 'containerTls.key:'],
  ])('%s that is not there is refused', (_setting, text, named) => {
    expect(() => check(filled(text))).toThrow(named);
    expect(() => check(filled(text))).toThrow('cannot be read: ENOENT');
  });

  it.each([
    ['tls.key of another certificate', 'tls: {cert: CERT, key: OTHER}', 'tls.cert and tls.key'],
    ['tls.cert without PEM', 'tls: {cert: TEXT, key: KEY}', 'tls.cert and tls.key'],
    [
      'etcd.tls.key of another certificate',
      'etcd: {tls: {ca: CA, cert: CERT, key: OTHER}}',
      'etcd.tls.cert and etcd.tls.key',
    ],
    ['etcd.tls.ca without PEM', 'etcd: {tls: {ca: TEXT}}', 'etcd.tls.ca: '],
    [
      'containerTls.key of another certificate',
      'containerTls: {cert: CERT, key: OTHER}',
      'containerTls.cert and containerTls.key',
    ],
  ])('%s is refused', (_case, text, message) => {
    expect(() => check(filled(text))).toThrow(message);
  });

  it('of the embedded store is refused, too, where that is asked for', () => {
    const text = 'etcd: {tls: {ca: CA}}\nembedded: {tls: {cert: CERT, key: NONE}}';
    expect(() => check(filled(text), true)).toThrow('embedded store cannot read its key');
  });

  it('and can be used is accepted', () => {
    check(
      filled('tls: {cert: CERT, key: KEY, ca: CA}\netcd: {tls: {ca: CA, cert: CERT, key: KEY}}'),
    );
  });
});

function filled(text: string): string {
  const {ca, cert, key} = authority.issue('daemon', 'DNS:sm-1.example');
  const files = {CA: ca, CERT: cert, KEY: key, OTHER: other};
  const own = {
    NONE: join(folder, 'none'),
    TEXT: join(folder, 'text.pem'),
    ROLES: join(folder, 'roles'),
  };
  return Object.entries({...files, ...own}).reduce(
    (filling, [name, path]) => filling.replaceAll(new RegExp(`\\b${name}\\b`, 'g'), path),
    text,
  );
}
