/** What a daemon repeats of what push containers answer. */
import {once} from 'node:events';
import {createServer} from 'node:http';
import type {Server} from 'node:http';
import type {AddressInfo} from 'node:net';
import {afterAll, beforeAll, describe, expect, it, vi} from 'vitest';
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

/** The answer to a call of a server that is there for this call alone. */
async function answerOf(server: Server): Promise<unknown> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const answer = await caller.call(`127.0.0.1:${portOf(server)}`, 'add', '{}');
  server.closeAllConnections();
  server.close();
  return answer;
}

/** The same, with a call whose time is over after some turns of the event loop: a standstill of the test is one of them. */
async function answerInTime(server: Server): Promise<unknown> {
  const limit = new AbortController();
  const mock = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(limit.signal);
  let turns = 0;
  const timer = setInterval(() => {
    turns += 1;
    if (turns === 10) limit.abort(new DOMException('the time is over', 'TimeoutError'));
  }, 50);
  const answer = await answerOf(server);
  clearInterval(timer);
  mock.mockRestore();
  return answer;
}

describe.each([
  [200, {kind: 'accepted'}],
  [500, {kind: 'refused', message: 'HTTP 500, with a body that could not be read'}],
])('an answer counts by its status %i', (status, expected) => {
  it('however large its body is', async () => {
    const page = createServer((_request, response) =>
      response.writeHead(status).end('x'.repeat(2 * ANSWER_LIMIT_BYTES)),
    );
    expect(await answerOf(page)).toEqual(expected);
  });

  it('when its body does not end', async () => {
    const endless = createServer((_request, response) => {
      response.writeHead(status);
      response.write('{"msg":"');
    });
    expect(await answerInTime(endless)).toEqual(expected);
  });
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
  const answer = await answerInTime(createServer(() => undefined));
  expect(answer).toEqual({kind: 'unreachable', message: 'no answer within 10 s'});
});
