/** A token goes to another machine over TLS alone, unless that is allowed. */
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, describe, expect, it} from 'vitest';
import {AdminClient} from '../../src/admin/index.ts';
import type {AdminClientOptions} from '../../src/admin/index.ts';
import {plainHostOf} from '../../src/server/plain-host.ts';

const folder = mkdtempSync(join(tmpdir(), 'sm-plain-'));
const tokenFile = join(folder, 'token');
writeFileSync(tokenFile, 'canary-token');
afterAll(() => rmSync(folder, {recursive: true}));

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

it('a daemon that listens to other machines without TLS says so', () => {
  const tls = {cert: 'c', key: 'k'};
  expect(plainHostOf({host: '0.0.0.0'})).toBe('0.0.0.0');
  expect(plainHostOf({host: '0.0.0.0', tls})).toBeUndefined();
  expect(plainHostOf({host: '127.0.0.1'})).toBeUndefined();
});
