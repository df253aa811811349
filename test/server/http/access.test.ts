import {chmod, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {afterEach, describe, expect, it} from 'vitest';
import {parse} from 'yaml';
import {readTokenFile} from '../../../src/server/http/tokens.ts';
import {ownFolder} from '../../support/own-folder.ts';
import {fixture} from './fixture.ts';
import type {Fixture} from './fixture.ts';

const first = 'a'.repeat(43);
const second = 'b'.repeat(44);
let http: Fixture | undefined;
afterEach(() => http?.server.close());

const get = (url: string, headers: Record<string, string>) => http!.server.inject({url, headers});
const bearer = (token: string) => ({host: 'localhost', authorization: `Bearer ${token}`});

describe('bearer tokens', () => {
  it('two are valid at once, none and others are 401', async () => {
    http = fixture({tokens: () => [first, second]});
    for (const token of [first, second]) {
      expect((await get('/sm/server/status', bearer(token))).statusCode).toBe(200);
    }
    for (const headers of [
      {host: 'localhost'},
      bearer(''),
      bearer(`${first}x`),
      bearer(first.slice(1)),
      {host: 'localhost', authorization: `Basic ${first}`},
    ]) {
      const reply = await get('/sm/server/status', headers);
      expect([reply.statusCode, reply.headers['www-authenticate']]).toEqual([
        401,
        'Bearer realm="sm"',
      ]);
    }
    expect(http.calls).toHaveLength(2);
  });

  it('a changed set counts at once', async () => {
    let valid = [first];
    http = fixture({tokens: () => valid});
    expect((await get('/metrics', bearer(first))).statusCode).toBe(200);
    valid = [second];
    expect((await get('/metrics', bearer(first))).statusCode).toBe(401);
  });

  it('probes and the description need none; unknown paths do', async () => {
    http = fixture({tokens: () => [first]});
    for (const path of ['/livez', '/readyz', '/sm/server/health', '/openapi.json']) {
      expect((await get(path, {host: 'localhost'})).statusCode).toBe(200);
    }
    expect((await get('/nowhere', {host: 'localhost'})).statusCode).toBe(401);
    expect((await get('/swagger-not', {host: 'localhost'})).statusCode).toBe(401);
  });
});

describe('Host allow-list', () => {
  it.each(['127.0.0.1', '127.0.0.1:8801', 'LocalHost:1', '[::1]:8801'])(
    '%s passes',
    async (host) => {
      http = fixture();
      expect((await get('/livez', {host})).statusCode).toBe(200);
    },
  );

  it.each(['evil.example', 'localhost.evil.example', '127.0.0.1@evil', '[::1', 'a:b:c'])(
    '"%s" is 403',
    async (host) => {
      http = fixture();
      expect((await get('/sm/server/status', {host})).statusCode).toBe(403);
    },
  );

  it('is off when the daemon serves a network', async () => {
    http = fixture({allowedHosts: 'any'});
    expect((await get('/livez', {host: 'sm.example'})).statusCode).toBe(200);
  });
});

describe('probes', () => {
  it('readiness follows the daemon', async () => {
    http = fixture();
    expect((await get('/readyz', {host: 'localhost'})).statusCode).toBe(200);
    http.readiness.ready = false;
    http.readiness.reason = 'no leader';
    const reply = await get('/readyz', {host: 'localhost'});
    expect([reply.statusCode, reply.json()]).toEqual([
      503,
      {status: 'not ready', reason: 'no leader'},
    ]);
    expect((await get('/livez', {host: 'localhost'})).statusCode).toBe(200);
  });

  it('metrics, OpenAPI and its page are served', async () => {
    http = fixture();
    expect((await get('/metrics', {host: 'localhost'})).body).toBe('sm_up 1\n');
    const document = (await get('/openapi.json', {host: 'localhost'})).json<{paths: object}>();
    expect(Object.keys(document.paths)).toContain('/sm/server/add-shard');
    const page = await get('/swagger/', {host: 'localhost'});
    expect([page.statusCode, page.headers['content-type']]).toEqual([
      200,
      'text/html; charset=utf-8',
    ]);
    expect((await get('/swagger/json', {host: 'localhost'})).json()).toEqual(document);
    const yaml = (await get('/swagger/yaml', {host: 'localhost'})).body;
    expect(parse(yaml)).toEqual(document);
    expect(document).toMatchObject({openapi: '3.1.0'});
  });

  it('mounts further routes under the same limits', async () => {
    http = fixture({
      mount: (server) => void server.post('/sm/admin/hints', async () => ({accepted: 1})),
    });
    const wrong = await http.server.inject({url: '/sm/admin/hints', headers: {host: 'localhost'}});
    expect([wrong.statusCode, wrong.headers['allow']]).toEqual([405, 'POST']);
  });
});

describe('the token file', () => {
  it('holds one or two long tokens and is private', async () => {
    const folder = ownFolder('token');
    const path = join(folder, 'token');
    const read = async (text: string, mode = 0o600) => {
      await writeFile(path, text);
      await chmod(path, mode);
      return readTokenFile(path).map((line) => line.reveal());
    };
    expect(await read(`# rotated\n${first}\n\n${second}\r\n`)).toEqual([first, second]);
    await expect(read(`${first}\n${first}`)).rejects.toThrow(/twice/);
    await expect(read(`a ${first}\na ${second}\na ${second}x`)).rejects.toThrow(
      /with the same name/,
    );
    await expect(read(first, 0o644)).rejects.toMatchObject({code: 'INVALID_CONFIG'});
    await expect(read('short')).rejects.toMatchObject({code: 'INVALID_CONFIG'});
    await expect(read('')).rejects.toMatchObject({code: 'INVALID_CONFIG'});
    await expect(read(`${first}\n`.repeat(3))).rejects.not.toThrow(first);
    await expect(read(first)).resolves.toEqual([first]);
    expect(() => readTokenFile(join(folder, 'none'))).toThrow(/cannot be read/);
  });
});
