/** What a client makes of the answers of a proxy or a load balancer that stands before the daemons, and of daemons that cannot answer now. */
import {createServer} from 'node:http';
import type {IncomingMessage, ServerResponse} from 'node:http';
import {afterEach, describe, expect, it} from 'vitest';
import {AdminClient} from '../../src/admin/index.ts';
import {failureOf} from '../../src/cli/failure-report.ts';
import {followUntil} from '../../src/cli/following.ts';
import {Opened} from './opened.ts';

const DEAD = 'http://127.0.0.1:1';
const HELLO = 'data: {"type": "hello", "revision": "7"}\n\n';
const create = {service: 'a', maxShardCount: 0, maxRecoveryTime: 10} as never;
const opened = new Opened();

afterEach(() => opened.close());

type Answer = (response: ServerResponse, request: IncomingMessage) => void;

/** Answers its calls one after the other, the last way for ever. */
async function serving(...answers: Answer[]): Promise<{url: string; asked: string[]}> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    const answer = answers[Math.min(asked.length, answers.length) - 1];
    answer?.(response, request);
  });
  return {url: `http://127.0.0.1:${await opened.listening(server)}`, asked};
}

const well: Answer = (response) =>
  void response.end('{"services": [], "changed": true, "revision": "1"}');

const page =
  (status: number, headers = {}): Answer =>
  (response) =>
    void response
      .writeHead(status, {'content-type': 'text/html', ...headers})
      .end(`<html><h1>${status}</h1></html>`);

const storeAway: Answer = (response) =>
  void response
    .writeHead(503, {'content-type': 'application/json'})
    .end('{"error": "etcd is away", "code": "STORE_UNAVAILABLE", "retryable": true}');

function client(...servers: {url: string}[]): AdminClient {
  const made = new AdminClient({server: servers.map(({url}) => url)});
  opened.clients.push(made);
  return made;
}

describe.each([
  ['a gateway says 502', page(502)],
  ['a gateway says 503', page(503)],
  ['a gateway says 504', page(504)],
  ['a daemon says that its store is away', storeAway],
] as const)('%s', (_what, unable) => {
  it('a read is made at the next one, which is asked first from then on', async () => {
    const [first, second] = [await serving(unable), await serving(well)];
    const reading = client(first, second);
    await reading.call('getSpec', {});
    expect(reading.server).toBe(second.url);
    expect([first.asked, second.asked]).toEqual([
      ['GET /sm/server/get-spec'],
      ['GET /sm/server/get-spec'],
    ]);
  });

  it('a write is not made again, for it may have been done; the next call is made elsewhere', async () => {
    const [first, second] = [await serving(unable), await serving(well)];
    const writing = client(first, second);
    const failure = await writing.call('addSpec', create).then(() => undefined, failureOf);
    expect(failure).toMatchObject({exit: 6, retryable: true});
    expect(second.asked).toEqual([]);
    await writing.call('addSpec', create);
    expect(first.asked).toHaveLength(1);
  });

  it('a stream is opened at the next one', async () => {
    const stream: Answer = (response) =>
      void response.writeHead(200, {'content-type': 'text/event-stream'}).write(HELLO);
    const [first, second] = [await serving(unable), await serving(stream)];
    const stop = new AbortController();
    const events = client(first, second).eventsStream(undefined, undefined, stop.signal);
    expect((await events.next()).value).toMatchObject({type: 'hello'});
    stop.abort();
    await events.return(undefined);
  });
});

it('what a daemon says of itself is told, not that another one cannot be reached', async () => {
  const call = client(await serving(storeAway), {url: DEAD}).call('getSpec', {});
  expect(await call.then(() => undefined, failureOf)).toMatchObject({message: 'etcd is away'});
});

it('a refusal of a daemon is not taken to the next one', async () => {
  const refused: Answer = (response) =>
    void response.writeHead(404).end('{"error": "no such app", "code": "APP_NOT_FOUND"}');
  const [first, second] = [await serving(refused), await serving(well)];
  const call = client(first, second).call('getSpec', {});
  expect(await call.then(() => undefined, failureOf)).toMatchObject({code: 'APP_NOT_FOUND'});
  expect(second.asked).toEqual([]);
});

it.each([
  [502, {}, 'SERVER_UNAVAILABLE', 6, true, 'reaches none'],
  [503, {}, 'SERVER_UNAVAILABLE', 6, true, 'reaches none'],
  [504, {}, 'SERVER_UNAVAILABLE', 6, true, 'reaches none'],
  [401, {}, 'UNAUTHENTICATED', 5, false, 'login of its own'],
  [403, {}, 'FORBIDDEN', 5, false, 'does not let this call pass'],
  [413, {}, 'BODY_TOO_LARGE', 2, false, 'client_max_body_size'],
  [404, {}, 'SERVER_UNAVAILABLE', 6, false, 'check the address (--server)'],
  [302, {location: 'https://sm.example.org/'}, 'SERVER_UNAVAILABLE', 6, false, 'https://sm.ex'],
] as const)('a page with status %i says what it is', async (status, headers, ...expected) => {
  const [code, exit, retryable, fix] = expected;
  const server = await serving(page(status, headers));
  const failure = await client(server)
    .call('getSpec', {})
    .then(() => undefined, failureOf);
  expect(failure).toMatchObject({code, exit, retryable});
  expect(failure?.message).toContain(`${server.url} answers ${status} `);
  expect(failure?.fix.join()).toContain(fix);
});

it('a page with status 429 is waited for, as the word of a daemon', async () => {
  const server = await serving(page(429, {'retry-after': '1'}), well);
  await client(server).call('getSpec', {});
  expect(server.asked).toHaveLength(2);
});

it('a stream that is refused with status 429 is opened again, as often as a call is made', async () => {
  const begins: Answer = (response) => {
    response.writeHead(200, {'content-type': 'text/event-stream'});
    response.end(HELLO);
  };
  const server = await serving(page(429, {'retry-after': '1'}), begins);
  const {signal} = new AbortController();
  const events = client(server).eventsStream(undefined, undefined, signal);
  expect(await events.next()).toMatchObject({value: {type: 'hello'}});
  expect(server.asked).toHaveLength(2);
});

it('a wait for too many calls is said before it begins, of calls and of streams', async () => {
  const begins: Answer = (response) => {
    response.writeHead(200, {'content-type': 'text/event-stream'});
    response.end(HELLO);
  };
  const tooMany: Answer = (response) =>
    void response
      .writeHead(429, {'content-type': 'application/json', 'retry-after': '1'})
      .end('{"error": "this token has 100 open streams", "code": "RATE_LIMITED"}');
  const server = await serving(tooMany, begins, tooMany, well);
  const said: [string, number, number][] = [];
  const limited = new AdminClient({
    server: server.url,
    onLimited: ({message}, waitMs) => said.push([message, waitMs, server.asked.length]),
  });
  opened.clients.push(limited);
  await limited.eventsStream(undefined, undefined, new AbortController().signal).next();
  await limited.call('getSpec', {});
  expect(said).toEqual([
    ['this token has 100 open streams', 1_000, 1],
    ['this token has 100 open streams', 1_000, 3],
  ]);
});

it('a stream outlives the restart of a daemon behind a gateway', async () => {
  const breaking: Answer = (response) => {
    response.writeHead(200, {'content-type': 'text/event-stream'});
    response.write(HELLO, () => response.destroy());
  };
  const stop = new AbortController();
  const ending: Answer = (response) => {
    response.writeHead(200, {'content-type': 'text/event-stream'});
    response.write('data: {"type": "move", "revision": "8"}\n\n');
  };
  const following = client(await serving(breaking, page(502), page(503), ending));
  const shown: string[] = [];
  await followUntil(
    (after, signal) => following.eventsStream(undefined, after, signal),
    ({type}) => {
      shown.push(type);
      if ((type as string) === 'move') stop.abort();
    },
    () => undefined,
    stop.signal,
  );
  expect(shown).toEqual(['hello', 'move']);
});
