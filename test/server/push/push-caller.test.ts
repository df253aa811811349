/** What a daemon repeats of what push containers answer. */
import {once} from 'node:events';
import {createServer} from 'node:http';
import type {Server} from 'node:http';
import type {AddressInfo} from 'node:net';
import {afterAll, beforeAll, expect, it, vi} from 'vitest';
import {ANSWER_LIMIT_BYTES} from '../../../src/server/contact/limits.ts';
import {PushCaller} from '../../../src/server/push/push-caller.ts';

let body = '';
const server = createServer((_request, response) => response.writeHead(500).end(body));
const caller = new PushCaller({allowLoopback: true});
let container: string;

function portOf(of: Server): number {
  return (of.address() as AddressInfo).port;
}

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  container = `127.0.0.1:${portOf(server)}`;
});
afterAll(async () => {
  await caller.close();
  server.close();
});

it.each([
  ['{"msg":"no disk"}', 'HTTP 500: no disk'],
  ['{"error":"\\u001b[2J\\u202ebad"}', 'HTTP 500: [2J bad'],
  ['', 'HTTP 500'],
  ['root:x:0:0', 'HTTP 500, with 10 characters that are not of the protocol'],
  ['{"AccessKeyId":"AKIA1"}', 'HTTP 500, with 23 characters that are not of the protocol'],
  ['null', 'HTTP 500, with 4 characters that are not of the protocol'],
])('of %j is repeated as %j', async (said, message) => {
  body = said;
  expect(await caller.call(container, 'add', '{}')).toEqual({kind: 'refused', message});
});

it.each([
  [200, {kind: 'accepted'}],
  [500, {kind: 'refused', message: 'HTTP 500, with a body that could not be read'}],
])('of status %i counts by its status, however large its body is', async (status, answer) => {
  const page = createServer((_request, response) =>
    response.writeHead(status).end('x'.repeat(2 * ANSWER_LIMIT_BYTES)),
  ).listen(0, '127.0.0.1');
  await once(page, 'listening');
  const said = await caller.call(`127.0.0.1:${portOf(page)}`, 'add', '{}');
  page.closeAllConnections();
  page.close();
  expect(said).toEqual(answer);
});

it.each([
  [200, {kind: 'accepted'}],
  [500, {kind: 'refused', message: 'HTTP 500, with a body that could not be read'}],
])('of status %i counts by its status when its body does not end', async (status, answer) => {
  const endless = createServer((_request, response) => {
    response.writeHead(status);
    response.write('{"msg":"');
  }).listen(0, '127.0.0.1');
  await once(endless, 'listening');
  const soon = AbortSignal.timeout(500);
  const timer = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(soon);
  const said = await caller.call(`127.0.0.1:${portOf(endless)}`, 'add', '{}');
  timer.mockRestore();
  endless.closeAllConnections();
  endless.close();
  expect(said).toEqual(answer);
});

it('where TLS is required a push container, which has none, is not called', async () => {
  const strict = new PushCaller({allowLoopback: true, tlsRequired: true});
  const answer = await strict.call(container, 'add', '{}');
  await strict.close();
  expect(answer).toEqual({
    kind: 'unreachable',
    message: 'not called: it offers no TLS, and containerTls.required asks for it',
  });
});

it('without an answer in time says how long was waited', async () => {
  const silent = createServer(() => undefined).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const soon = AbortSignal.timeout(50);
  const timer = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(soon);
  const answer = await caller.call(`127.0.0.1:${portOf(silent)}`, 'add', '{}');
  timer.mockRestore();
  silent.closeAllConnections();
  silent.close();
  expect(answer).toEqual({kind: 'unreachable', message: 'no answer within 10 s'});
});
