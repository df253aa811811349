/** Servers whose answer never gets as far as its body. Each caller gives up after its limit, whatever comes until then. */
import {once} from 'node:events';
import {createServer} from 'node:net';
import type {AddressInfo, Server, Socket} from 'node:net';
import {afterAll, it} from 'vitest';
import {AdminClient} from '../../src/admin/admin-client.ts';
import {failureOf} from '../../src/cli/failure-report.ts';
import {quotaBytes} from '../../src/etcd/quota.ts';
import {PushCaller} from '../../src/server/push/push-caller.ts';

/** A head of an answer is at most 16 KiB for Node; what has been sent beyond lies in buffers of the kernel. */
const SENT_LIMIT_BYTES = 32 * 1_024 * 1_024;

const servers: Server[] = [];
afterAll(() => {
  for (const server of servers) server.close();
});

interface Serving {
  readonly address: string;
  /** What it has got rid of. */
  sentBytes: number;
}

/** A server that says `begin`, then `more` for ever: as fast as it is read, or every `everyMs`. */
async function serving(begin: string, more: string, everyMs: number): Promise<Serving> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.write(begin);
    if (everyMs > 0) drip(socket, more, everyMs);
    else flood(socket, more, (bytes) => (at.sentBytes += bytes));
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const at = {address: `127.0.0.1:${(server.address() as AddressInfo).port}`, sentBytes: 0};
  return at;
}

function flood(socket: Socket, text: string, sent: (bytes: number) => void): void {
  const more = (): void => {
    while (!socket.destroyed && socket.write(text)) sent(text.length);
    if (!socket.destroyed) socket.once('drain', more);
  };
  more();
}

function drip(socket: Socket, text: string, everyMs: number): void {
  const timer = setInterval(() => socket.write(text), everyMs);
  socket.once('close', () => clearInterval(timer));
}

const OK = 'HTTP/1.1 200 OK\r\n';
const CASES = [
  ['headers without end', OK, `x: ${'a'.repeat(1_000)}\r\n`, 0],
  ['one header without end', `${OK}x: `, 'a'.repeat(16_384), 0],
  ['a header that drips', `${OK}x: `, 'a', 20],
  ['early hints without end', '', 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n', 0],
  ['early hints that drip', '', 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n', 20],
  ['a status line without end', 'HTTP/1.1 200 ', 'a'.repeat(16_384), 0],
] as const;

it.concurrent.for(CASES)(
  'the command line gives up on %s',
  async ([, begin, more, everyMs], {expect}) => {
    const at = await serving(begin, more, everyMs);
    const client = new AdminClient({server: `http://${at.address}`, timeoutMs: 500});
    const failure = await client.call('getSpec', {}).then(() => undefined, failureOf);
    client.close();
    expect(['SERVER_UNAVAILABLE', 'TIMEOUT']).toContain(failure?.code);
    expect(at.sentBytes).toBeLessThan(SENT_LIMIT_BYTES);
  },
);

it.concurrent.for(CASES)(
  'the daemon gives up on a container with %s',
  async ([, begin, more, everyMs], {expect}) => {
    const at = await serving(begin, more, everyMs);
    const caller = new PushCaller({allowLoopback: true});
    const answer = await caller.call(at.address, 'add', '{}');
    await caller.close();
    expect(answer.kind).toBe('unreachable');
    expect(at.sentBytes).toBeLessThan(SENT_LIMIT_BYTES);
  },
);

it.concurrent.for(CASES)('and on an etcd with %s', async ([, begin, more, everyMs], {expect}) => {
  const at = await serving(begin, more, everyMs);
  expect(await quotaBytes(at.address, undefined)).toBe(0);
  expect(at.sentBytes).toBeLessThan(SENT_LIMIT_BYTES);
});
