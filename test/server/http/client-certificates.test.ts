/** Client certificates: asked for, looked up by name, and taken back by taking the line away. */
import {readFileSync} from 'node:fs';
import {request} from 'node:https';
import {afterAll, afterEach, expect, it} from 'vitest';
import {parseClientLines} from '../../../src/config/client-line.ts';
import {HiddenText} from '../../../src/model/hidden-text.ts';
import {createToken} from '../../../src/config/token-line.ts';
import {Authority, contentOf} from '../../support/certificates.ts';
import {fixture, listen} from './fixture.ts';
import type {Fixture} from './fixture.ts';

const authority = new Authority();
const stranger = new Authority();
const server = contentOf(authority.issue('daemon', 'IP:127.0.0.1'));
const named = contentOf(authority.issue('ci', 'DNS:ci.example.org'));
const bySan = contentOf(authority.issue('other', 'DNS:grafana.example.org,URI:spiffe://x/y'));
const unknown = contentOf(authority.issue('nobody', 'DNS:nobody.example.org'));
const foreign = contentOf(stranger.issue('ci', 'DNS:ci.example.org'));
const ROLES = parseClientLines('# who\nci operate orders-*\ngrafana.example.org view\n');
let http: Fixture | undefined;
afterEach(() => http?.server.close());
afterAll(() => {
  authority.remove();
  stranger.remove();
});

function call(
  port: number,
  path: string,
  client?: {cert: Buffer; key: Buffer},
  headers: Record<string, string> = {},
): Promise<number> {
  const ca = readFileSync(authority.ca);
  return new Promise((resolve, reject) => {
    const identity = client === undefined ? {} : {cert: client.cert, key: client.key};
    const options = {
      host: '127.0.0.1',
      port,
      path,
      ca,
      ...identity,
      headers,
      agent: false as const,
    };
    request(options, (reply) => {
      reply.resume();
      resolve(reply.statusCode ?? 0);
    })
      .once('error', reject)
      .end();
  });
}

const OWN = '/sm/server/get-app?service=orders-eu';
const SERVER = {
  ...{cert: server.cert, ca: readFileSync(authority.ca)},
  key: new HiddenText(server.key.toString()),
};
const STATUS = '/sm/server/status';

it('without one only probes get through; its name decides what it may do', async () => {
  let roles = ROLES;
  http = fixture({tls: SERVER, clients: () => roles});
  const port = await listen(http.server);
  expect(await call(port, '/livez')).toBe(200);
  expect(await call(port, STATUS)).toBe(401);
  expect(await call(port, STATUS, foreign)).toBe(401);
  expect(await call(port, STATUS, unknown)).toBe(403);
  expect(await call(port, OWN, named)).toBe(200);
  expect(await call(port, '/sm/server/get-app?service=search', named)).toBe(403);
  expect(await call(port, STATUS, bySan)).toBe(200);
  roles = ROLES.slice(0, 1);
  expect(await call(port, STATUS, bySan)).toBe(403);
});

it('a token decides where one is sent, and does not replace the certificate', async () => {
  const {token, line} = await createToken('root', 'admin', 'all');
  http = fixture({
    ...{tls: SERVER, clients: () => ROLES},
    tokens: () => [line],
  });
  const port = await listen(http.server);
  const headers = {authorization: `Bearer ${token}`};
  expect(await call(port, STATUS, undefined, headers)).toBe(401);
  expect(await call(port, STATUS, unknown, headers)).toBe(200);
  expect(await call(port, STATUS, unknown, {authorization: `Bearer ${'x'.repeat(43)}`})).toBe(401);
  expect(await call(port, OWN, named)).toBe(200);
});

it('a line that cannot be read is refused', () => {
  for (const text of ['ci', 'ci root', 'ci view a,,b', 'ci view a b'])
    expect(() => parseClientLines(text)).toThrow(/NAME ROLE/);
});
