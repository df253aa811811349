import {once} from 'node:events';
import {connect} from 'node:net';
import type {Socket} from 'node:net';
import {afterEach, beforeEach, describe, expect, it, vi} from 'vitest';
import type {MoveEvent} from '../../../src/protocol/admin.ts';
import {LONG_MS, until} from '../../support/until.ts';
import {fixture, listen, post, rawExchange, storeAway} from './fixture.ts';
import type {Fixture} from './fixture.ts';

let http: Fixture;
let port: number;
beforeEach(async () => {
  http = fixture();
  port = await listen(http.server);
});
afterEach(() => http.server.close());

const statusOf = (reply: string) => Number(/^HTTP\/1\.1 (\d{3})/.exec(reply)?.[1]);
const add = (more = '', body = '{"service":"a"}') => post('/sm/server/add-spec', body, more);

it('a connection beyond the most that are taken is closed at once, and counted', async () => {
  let refused = 0;
  const small = fixture({connectionRefused: () => void (refused += 1)});
  const smallPort = await listen(small.server);
  small.server.server.maxConnections = 1;
  const first = connect(smallPort, '127.0.0.1');
  await once(first, 'connect');
  const second = connect(smallPort, '127.0.0.1');
  second.on('error', () => undefined);
  await once(second, 'close');
  expect(refused).toBe(1);
  first.destroy();
  await small.server.close();
});

it('one that could not listen closes at once: nothing waits for callers that there cannot be', async () => {
  vi.useFakeTimers({toFake: ['setTimeout', 'clearTimeout']});
  try {
    const {server} = fixture();
    const elsewhere = {host: '203.0.113.7', port: 1_234};
    await expect(server.listen(elsewhere)).rejects.toMatchObject({code: 'EADDRNOTAVAIL'});
    await server.close();
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});

describe('hostile bytes', () => {
  const cases: [string, string | Buffer, number][] = [
    ['no HTTP at all', 'hello\r\n\r\n', 400],
    ['random bytes', Buffer.from([0, 1, 2, 0xff, 0xfe, 13, 10, 13, 10]), 400],
    [
      'a NUL in the path',
      'GET /livez\0 HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n',
      400,
    ],
    [
      'headers over 16 KiB',
      `GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
      431,
    ],
    ['an Expect that HTTP does not know', add('Expect: never\r\n'), 417],
    ['HTTP/1.0 without Host', 'GET /livez HTTP/1.0\r\n\r\n', 403],
    ['two lengths', add('Content-Length: 3\r\n'), 400],
    ['length and chunks', add('Transfer-Encoding: chunked\r\n'), 400],
    [
      'a bad chunk',
      'POST /sm/server/add-spec HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
      400,
    ],
    [
      'a declared body over the limit',
      'POST /sm/server/add-spec HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 99999999\r\n\r\n',
      413,
    ],
    [
      'a broken escape in the path',
      'GET /sm/%zz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n',
      400,
    ],
    [
      'a path upwards',
      'GET /../../etc/passwd HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n',
      404,
    ],
    [
      'a foreign Host',
      'GET /livez HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n',
      403,
    ],
  ];

  it.each(cases)('%s', async (_name, bytes, status) => {
    const reply = await rawExchange(port, bytes);
    expect(statusOf(reply)).toBe(status);
    expect(reply).toContain('"code"');
    expect(reply).toMatch(/"hint":"[^"]+"/);
    expect(reply).not.toMatch(/node_modules|at .*\.ts/);
    expect(http.calls).toEqual([]);
    expect(statusOf(await rawExchange(port, add()))).toBe(200);
  });

  it('HTTP/1.1 without Host is refused', async () => {
    const reply = await rawExchange(port, 'GET /livez HTTP/1.1\r\nConnection: close\r\n\r\n');
    expect(statusOf(reply)).toBe(400);
  });

  it('a chunked body over the limit is cut off', async () => {
    const head =
      'POST /sm/server/add-spec HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n' +
      'Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n';
    const chunk = `10000\r\n${' '.repeat(0x10000)}\r\n`;
    expect(statusOf(await rawExchange(port, `${head}${chunk}${chunk}0\r\n\r\n`))).toBe(413);
  });
});

/** Reads an event stream until `enough` holds, then hangs up. */
function readStream(headers: string, enough: (text: string) => boolean): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    const end = () => {
      clearTimeout(timer);
      socket.destroy();
      resolve(text);
    };
    const timer = setTimeout(() => reject(new Error(`stream fell silent: ${text}`)), LONG_MS);
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('utf8');
      if (enough(text)) end();
    });
    socket.on('close', end);
    socket.write(
      `GET /sm/server/moves/stream?service=a HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`,
    );
  });
}

describe('closing', () => {
  it('what arrives meanwhile gets an error of ours, and may be sent again', async () => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
    const end = once(socket, 'close');
    const arrived = new Promise((resolve) => {
      http.server.server.once('connection', (peer: Socket) => peer.once('data', resolve));
    });
    // A connection on which half a request has come is not idle.
    socket.write('GET /sm/server/get-apps HTTP/1.1\r\nHost: localhost\r\n');
    await arrived;
    const closed = http.server.close();
    await until(() => !http.server.server.listening, LONG_MS, 'the end of listening');
    socket.write('\r\n');
    await end;
    await closed;
    const [head = '', body = ''] = text.split('\r\n\r\n');
    expect(head).toContain('503 Service Unavailable');
    expect(head.toLowerCase()).toContain('retry-after: 1');
    expect(JSON.parse(body)).toMatchObject({code: 'SERVER_UNAVAILABLE', retryable: true});
    expect(http.calls).toEqual([]);
  });
});

describe('the event stream', () => {
  it('sends events with their revision as id, resumes by Last-Event-ID, ends when the caller hangs up', async () => {
    let ended = false;
    http.behave.events = async function* (): AsyncGenerator<MoveEvent> {
      try {
        for (let revision = 5; ; revision++) {
          yield {type: 'hello', revision: String(revision)};
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      } finally {
        ended = true;
      }
    };
    const text = await readStream('Last-Event-ID: 4\r\n', (seen) => seen.includes('id: 7'));
    expect(text).toContain('content-type: text/event-stream');
    expect(text).toContain('x-accel-buffering: no');
    expect(text).toContain('id: 5\nevent: hello\ndata: {"type":"hello","revision":"5"}\n\n');
    expect(http.calls[0]).toMatchObject({operation: 'movesStream', request: {after: '4'}});
    await until(() => ended, LONG_MS, 'the end of the source');
  });

  it.each(['abc', '-1', '1e3', '9'.repeat(20)])(
    'refuses a Last-Event-ID that is no revision, as it refuses `after`: %s',
    async (id) => {
      const text = await readStream(`Last-Event-ID: ${id}\r\n`, (seen) => seen.includes('}'));
      expect(text).toContain('400 Bad Request');
      expect(text).toContain('the header Last-Event-ID');
      expect(http.calls).toEqual([]);
    },
  );

  it('closing the server ends open streams', async () => {
    http.behave.events = async function* (): AsyncGenerator<MoveEvent> {
      for (let revision = 1; ; revision++) {
        yield {type: 'hello', revision: String(revision)};
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    };
    let closed: Promise<void> | undefined;
    const reading = readStream('', (seen) => {
      if (seen.includes('event: hello')) closed ??= http.server.close();
      return false;
    });
    expect(await reading).toContain('event: hello');
    await closed;
  });

  it('closing the server does not wait for a caller that reads nothing', async () => {
    http = fixture({closeLimitMs: 100});
    port = await listen(http.server);
    let sent = 0;
    http.behave.events = async function* (): AsyncGenerator<MoveEvent> {
      for (; ; sent++) yield {type: 'hello', revision: 'x'.repeat(1_000_000)};
    };
    const socket = connect(port, '127.0.0.1').pause();
    socket.on('error', () => undefined);
    socket.write('GET /sm/server/moves/stream?service=a HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await until(() => sent > 0, LONG_MS, 'more than fits into the connection');
    await http.server.close();
    socket.destroy();
  });

  it('names the request, in its head and in what ends it', async () => {
    http.behave.events = async function* (): AsyncGenerator<MoveEvent> {
      yield {type: 'hello', revision: '5'};
      throw storeAway();
    };
    const text = await readStream('', (seen) => seen.includes('event: error'));
    const id = /^x-request-id: (\S+)/m.exec(text)?.[1];
    const data = /event: error\ndata: (.*)\n/.exec(text)?.[1] ?? '{}';
    expect(JSON.parse(data)).toEqual({
      ...{error: 'etcd does not answer', code: 'STORE_UNAVAILABLE', retryable: true},
      ...{hint: expect.any(String) as string, requestId: id},
    });
  });

  it('a bug after the first event is the last event, and stands in the log', async () => {
    http.behave.events = async function* (): AsyncGenerator<MoveEvent> {
      yield {type: 'hello', revision: '5'};
      throw new Error('a bug');
    };
    const text = await readStream('', (seen) => seen.includes('event: error'));
    expect(text).toContain('"code":"INTERNAL"');
    expect(text).not.toContain('a bug');
    await until(() => http.logged.length > 0, LONG_MS, 'a line in the log');
    expect(http.logged).toMatchObject([
      {message: 'stream failed', fields: {err: {message: 'a bug'}}},
    ]);
  });

  it('closing the server waits for no connection that has its answer', async () => {
    let answer: () => void = () => undefined;
    http.behave.answer = () => new Promise((resolve) => (answer = () => resolve({})));
    const reading = rawExchange(port, 'GET /sm/server/status HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await until(() => http.calls.length === 1, LONG_MS, 'the call');
    const closed = http.server.close();
    await until(() => !http.server.server.listening, LONG_MS, 'the closing has begun');
    answer();
    const reply = await reading;
    expect(statusOf(reply)).toBe(200);
    expect(reply.toLowerCase()).toContain('connection: close');
    await closed;
  });

  it('a failure before the first event is an ordinary error', async () => {
    http.behave.events = async function* (): AsyncGenerator<MoveEvent> {
      throw storeAway();
    };
    const text = await readStream('Connection: close\r\n', (seen) => seen.includes('"code"'));
    expect(statusOf(text)).toBe(503);
  });
});
