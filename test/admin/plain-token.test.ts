/** A token goes to another machine over TLS alone, unless that is allowed. */
import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {AdminClient} from '../../src/admin/index.ts';
import type {AdminClientOptions} from '../../src/admin/index.ts';
import {parseConfig} from '../../src/config/index.ts';
import {plainHostOf, warnOfPlainEtcd, warnOfPlainHost} from '../../src/server/plain-host.ts';
import {ownFolder} from '../support/own-folder.ts';

const folder = ownFolder('plain');
const tokenFile = join(folder, 'token');
writeFileSync(tokenFile, 'canary-token');

const OPEN =
  'service: s\nport: 1\nendpoints: [127.0.0.1:1]\netcdPrefix: /sm\nhost: 0.0.0.0\nauth: none\nadvertise: 10.0.0.1:1\n';
/** An address that belongs to nobody: who calls it meets no answer. */
const REMOTE = '192.0.2.1:8801';

async function outcome(options: AdminClientOptions): Promise<string> {
  const client = new AdminClient({tokenFile, timeoutMs: 200, ...options});
  try {
    return await client.call('getSpec', {}).then(
      () => 'answered',
      (error: Error & {code: string; hint: string}) =>
        `${error.code}: ${error.message} ${error.hint}`,
    );
  } finally {
    client.close();
  }
}

describe('a token', () => {
  it('is not sent to another machine over http', async () => {
    const refused = await outcome({server: `http://${REMOTE}`});
    expect(refused).toMatch(
      /^INVALID_INPUT: the token would be sent to .*192\.0\.2\.1:8801.* without TLS/,
    );
    expect(refused).toContain('--plain-token');
    expect(refused).not.toContain('canary');
  });

  it.each([
    ['where that is allowed', {server: `http://${REMOTE}`, plainToken: true}],
    ['over https', {server: `https://${REMOTE}`}],
    ['on this machine', {server: 'http://127.0.0.1:1'}],
    ['on this machine, IPv6', {server: 'http://[::1]:1'}],
  ])('is sent %s', async (_what, options) => {
    expect(await outcome(options)).toMatch(/^(TIMEOUT|SERVER_UNAVAILABLE)/);
  });
});

it('a daemon that listens to other machines, or speaks to them, without TLS says so', () => {
  const tls = {cert: 'c', key: 'k'};
  expect(plainHostOf({host: '0.0.0.0'})).toBe('0.0.0.0');
  expect(plainHostOf({host: '0.0.0.0', tls})).toBeUndefined();
  expect(plainHostOf({host: '127.0.0.1'})).toBeUndefined();
  const said: [object, string][] = [];
  const logger = {warn: (fields: object, text: string) => void said.push([fields, text])};
  for (const more of ['', 'tls: {cert: c, key: k}\n'])
    warnOfPlainHost(parseConfig(`${OPEN}${more}`, 'f.yml'), logger);
  const endpoints = ['etcd-1:2379', '127.0.0.1:2379', 'https://etcd-2:2379'];
  for (const more of [{}, {tls: {}}]) warnOfPlainEtcd({endpoints, ...more}, logger);
  expect(said).toEqual([
    [{host: '0.0.0.0'}, expect.stringMatching(/without TLS: .*set tls\.cert and tls\.key/)],
    [{endpoints: ['etcd-1:2379']}, expect.stringContaining('etcd has no TLS')],
  ]);
});
