/** A reply that begins and does not end: whose fault it is, and which exit code follows. */
import {once} from 'node:events';
import {createServer} from 'node:http';
import type {Server, ServerResponse} from 'node:http';
import type {AddressInfo} from 'node:net';
import {afterEach, describe, expect, it} from 'vitest';
import {AdminClient} from '../../src/admin/admin-client.ts';
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
  it.each(CASES)('that %s is no bug of the command', async (_how, then, code, exit, timeoutMs) => {
    const answer = (response: ServerResponse): void => {
      response.writeHead(200, {'content-type': 'application/json'});
      response.write('{"services": [', () => then(response));
    };
    client = await asking(answer, {timeoutMs});
    const failure = await client.call('getSpec', {}).then(() => undefined, failureOf);
    expect(failure).toMatchObject({code, exit, retryable: true});
  });
});

describe('a stream', () => {
  const HELLO = 'data: {"type": "hello", "revision": "7"}\n\n';
  const AWAY = 'event: error\ndata: {"error": "etcd is away", "code": "STORE_UNAVAILABLE"}\n\n';

  it.each([
    ['tells why the daemon has ended it', AWAY, 60_000, 'STORE_UNAVAILABLE', 6],
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
