/** A reply that begins and does not end: whose fault it is, and which exit code follows. */
import {once} from 'node:events';
import {createServer} from 'node:http';
import type {Server, ServerResponse} from 'node:http';
import type {AddressInfo} from 'node:net';
import {afterEach, describe, expect, it, vi} from 'vitest';
import {AdminClient} from '../../src/admin/admin-client.ts';
import {ANSWER_LIMIT_BYTES} from '../../src/admin/limits.ts';
import {failureOf} from '../../src/cli/failure-report.ts';
import {isRetryable} from '../../src/cli/retryable.ts';

const CASES = [
  [
    'breaks off',
    (response: ServerResponse): unknown => response.destroy(),
    'SERVER_UNAVAILABLE',
    6,
    60_000,
  ],
  ['stands still', (): unknown => undefined, 'TIMEOUT', 7, 500],
] as const;

let server: Server;
let client: AdminClient;

afterEach(async () => {
  client.close();
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

/** A client of a server that answers so. */
async function asking(
  answer: (response: ServerResponse) => void,
  limits: {timeoutMs?: number; silenceMs?: number} = {},
): Promise<AdminClient> {
  server = createServer((_request, response) => answer(response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const {port} = server.address() as AddressInfo;
  return new AdminClient({server: `http://127.0.0.1:${port}`, ...limits});
}

describe('a reply', () => {
  it.each(CASES)(
    'that %s is not a bug of the command',
    async (_how, then, code, exit, timeoutMs) => {
      const answer = (response: ServerResponse): void => {
        response.writeHead(200, {'content-type': 'application/json'});
        response.write('{"services": [', () => then(response));
      };
      client = await asking(answer, {timeoutMs});
      const failure = await client.call('getSpec', {}).then(() => undefined, failureOf);
      expect(failure).toMatchObject({code, exit, retryable: true});
    },
  );
});

describe.each([
  ['before the answer begins', (response: ServerResponse): unknown => response.destroy()],
  [
    'in the middle of the answer',
    (response: ServerResponse): unknown => {
      response.writeHead(200, {'content-type': 'application/json'});
      return response.write('{"result": ', () => response.destroy());
    },
  ],
])('a connection that breaks off %s', (_when, breakOff) => {
  it.each([
    ['of a change, which may have been made', 'addSpec', true],
    ['of a question', 'getSpec', false],
  ] as const)('is no daemon that was never reached: %s', async (_what, operation, changes) => {
    client = await asking(breakOff);
    const call = client.call(operation, {service: 'a'} as never);
    const failure = await call.then(() => undefined, failureOf);
    expect(failure).toMatchObject({code: 'SERVER_UNAVAILABLE', exit: 6, retryable: true});
    expect(failure?.message).toMatch(/ has broken off the connection$/);
    expect(failure?.fix.join().includes('the change may have been made')).toBe(changes);
    expect(failure?.fix.join()).not.toContain('start it');
  });
});

it('a call waits half a minute; the one that must outlast the longest T waits longer', async () => {
  client = await asking((response) => void response.end('{}'));
  const timers = vi.spyOn(globalThis, 'setTimeout');
  await client.call('getSpec', {}).catch(() => undefined);
  await client.call('acceptRestore', {confirm: 'sm'}).catch(() => undefined);
  // A little of it is over when the timer is set.
  const limits = timers.mock.calls.map(([, limitMs = 0]) => Math.ceil(limitMs / 10_000));
  timers.mockRestore();
  expect(limits.filter((tens) => tens === 3 || tens === 9)).toEqual([3, 9]);
});

describe('an answer', () => {
  it('that drips for longer than the limit of the call is given up', async () => {
    let dripping: NodeJS.Timeout | undefined;
    client = await asking(
      (response) => {
        response.writeHead(200, {'content-type': 'application/json'});
        dripping = setInterval(() => response.write(' '), 50);
      },
      {timeoutMs: 400},
    );
    const failure = await client.call('getSpec', {}).then(() => undefined, failureOf);
    clearInterval(dripping);
    expect(failure).toMatchObject({code: 'TIMEOUT', exit: 7});
  });

  it('that does not end is not read to the end of the memory', async () => {
    const chunk = Buffer.alloc(1_024 * 1_024, ' ');
    let sentBytes = 0;
    client = await asking((response) => {
      response.writeHead(200, {'content-type': 'application/json'});
      const more = (): void => {
        while (!response.destroyed && response.write(chunk)) sentBytes += chunk.length;
        if (!response.destroyed) response.once('drain', more);
      };
      more();
    });
    const failure = await client.call('getSpec', {}).then(() => undefined, failureOf);
    expect(failure).toMatchObject({code: 'SERVER_UNAVAILABLE', exit: 6});
    expect(failure?.why).toBe('its answer exceeds the size limit');
    expect(sentBytes).toBeLessThan(2 * ANSWER_LIMIT_BYTES);
  });

  it.each([
    [200, {}, 'older version', 'upgrade the daemons before the command line'],
    [
      404,
      {error: 'no such path: "/sm/server/undo"', code: 'NOT_FOUND'},
      'no such path',
      'an older daemon',
    ],
    [
      400,
      {error: 'body: unknown key "maxMoving"', code: 'INVALID_INPUT', hint: 'known keys: service'},
      'unknown key',
      'an older daemon',
    ],
  ])('%d %j may come from an older daemon, and is said so', async (status, body, message, fix) => {
    client = await asking((response) => {
      response.writeHead(status, {'content-type': 'application/json'});
      response.end(JSON.stringify(body));
    });
    const failure = await client.call('getSpec', {}).then(() => undefined, failureOf);
    expect(failure?.message).toContain(message);
    expect(failure?.fix.join()).toContain(fix);
  });

  it.each(['null', '[]', '{}', '"text"', '7', '{"services": {}}', '<html>', ''])(
    '%j comes from another program, and is no bug of the command',
    async (text) => {
      client = await asking((response) => {
        response.writeHead(200, {'content-type': 'application/json'});
        response.end(text);
      });
      const failure = await client.call('getSpec', {}).then(() => undefined, failureOf);
      expect(failure).toMatchObject({code: 'SERVER_UNAVAILABLE', exit: 6});
      expect(failure?.message).toContain('not a daemon of sm');
    },
  );

  it.each(['null', '[]', '"text"'])('%j of a refusal, too', async (text) => {
    client = await asking((response) => {
      response.writeHead(500, {'content-type': 'application/json'});
      response.end(text);
    });
    const failure = await client.call('getSpec', {}).then(() => undefined, failureOf);
    expect(failure).toMatchObject({code: 'SERVER_UNAVAILABLE', exit: 6});
  });

  it('of a refusal names a code of sm, or none', async () => {
    client = await asking((response) => {
      response.writeHead(500, {'content-type': 'application/json'});
      response.end(JSON.stringify({error: 'no', code: '\u001b[31mRED'}));
    });
    const failure = await client.call('getSpec', {}).then(() => undefined, failureOf);
    expect(failure).toMatchObject({code: 'INTERNAL', message: 'no'});
  });
});

describe('a stream', () => {
  it('whose event is no object ends with a word', async () => {
    client = await asking((response) => {
      response.writeHead(200, {'content-type': 'text/event-stream'});
      response.write('data: null\n\n');
    });
    const {signal} = new AbortController();
    const first = client.eventsStream(undefined, undefined, signal).next();
    expect(await first.then(() => undefined, failureOf)).toMatchObject({
      code: 'SERVER_UNAVAILABLE',
      why: 'its answer is not a JSON object',
    });
  });

  it('that is a page of another program is none, and is not opened again and again', async () => {
    client = await asking((response) => {
      response.writeHead(200, {'content-type': 'text/html'});
      response.end('<html>sign in</html>');
    });
    const {signal} = new AbortController();
    const first = client.eventsStream(undefined, undefined, signal).next();
    const error: unknown = await first.catch((thrown: unknown) => thrown);
    expect(failureOf(error)).toMatchObject({code: 'SERVER_UNAVAILABLE', exit: 6});
    expect(isRetryable(error)).toBe(false);
  });

  const HELLO = 'data: {"type": "hello", "revision": "7"}\n\n';
  const AWAY = 'event: error\ndata: {"error": "etcd is away", "code": "STORE_UNAVAILABLE"}\n\n';

  it.each([
    ['tells why the daemon has closed the connection', AWAY, 60_000, 'STORE_UNAVAILABLE', 6],
    ['is lost when it says nothing any more', '', 500, 'TIMEOUT', 7],
  ])('%s, and may be opened again', async (_how, last, silenceMs, code, exit) => {
    const answer = (response: ServerResponse): void => {
      response.writeHead(200, {'content-type': 'text/event-stream'});
      response.write(HELLO + last);
    };
    client = await asking(answer, {silenceMs});
    const types: string[] = [];
    const reading = (async () => {
      for await (const {type} of client.eventsStream(
        undefined,
        undefined,
        new AbortController().signal,
      ))
        types.push(type);
    })();
    const error: unknown = await reading.catch((thrown: unknown) => thrown);
    expect(failureOf(error)).toMatchObject({code, exit, retryable: true});
    expect(isRetryable(error)).toBe(true);
    // On a starved machine not even the first word may come in time.
    if (silenceMs > 1_000) expect(types).toEqual(['hello']);
  });
});

describe('a caller that gives up', () => {
  const begun = (response: ServerResponse): void => {
    response.writeHead(200, {'content-type': 'application/json'});
    response.write('{"services": [');
  };
  const streaming = (response: ServerResponse): void => {
    response.writeHead(200, {'content-type': 'text/event-stream'});
    response.write('data: {"type": "hello", "revision": "7"}\n\n');
  };
  const WAYS: [string, () => AbortSignal, string][] = [
    ['by a time limit', () => AbortSignal.timeout(200), 'TimeoutError'],
    ['by a controller', abortedSoon, 'AbortError'],
  ];

  it.each(WAYS)('%s gets the reason of its signal, not a fault of the daemon', async (...way) => {
    const [, signalOf, name] = way;
    client = await asking(begun);
    await expect(client.call('getSpec', {}, signalOf())).rejects.toMatchObject({name});
  });

  it.each(WAYS)('%s ends the loop over a stream with that reason', async (...way) => {
    const [, signalOf, name] = way;
    client = await asking(streaming);
    const events = client.movesStream('orders', undefined, signalOf());
    expect((await events.next()).value).toMatchObject({type: 'hello'});
    await expect(events.next()).rejects.toMatchObject({name});
  });

  it('before any answer gets that reason, too', async () => {
    client = await asking(() => undefined);
    const call = client.call('getSpec', {}, AbortSignal.timeout(200));
    await expect(call).rejects.toMatchObject({name: 'TimeoutError'});
  });
});

function abortedSoon(): AbortSignal {
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 200);
  return controller.signal;
}
