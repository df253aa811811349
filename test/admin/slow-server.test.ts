/** The first of several servers takes the connection and says nothing, as when its machine hangs, or a balancer holds calls for a daemon that is gone. */
import {createServer} from 'node:http';
import type {IncomingMessage, ServerResponse} from 'node:http';
import {createServer as createTcpServer} from 'node:net';
import type {AddressInfo, Server} from 'node:net';
import {afterEach, expect, it} from 'vitest';
import {AdminClient} from '../../src/admin/index.ts';
import {PATIENCE_MS} from '../../src/admin/limits.ts';
import {LONG_MS, until} from '../support/until.ts';

const create = {service: 'a', maxShardCount: 0, maxRecoveryTime: 10} as never;
const cleanups: (() => void)[] = [];

afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

async function listening(server: Server): Promise<string> {
  cleanups.push(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

interface Bed {
  readonly url: string;
  readonly asked: string[];
  readonly hungUp: string[];
}

async function daemon(
  answer: (response: ServerResponse, request: IncomingMessage) => void,
): Promise<Bed> {
  const asked: string[] = [];
  const hungUp: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.on('close', () => !response.writableEnded && hungUp.push(request.url ?? ''));
    answer(response, request);
  });
  cleanups.push(() => server.closeAllConnections());
  return {url: `http://${await listening(server)}`, asked, hungUp};
}

const silence = (): void => undefined;
const well = (response: ServerResponse): void =>
  void response.end(
    '{"services": [], "changed": true, "met": true, "missing": [], "revision": "1"}',
  );

function client(server: readonly string[], timeoutMs = 10 * LONG_MS): AdminClient {
  const made = new AdminClient({server, timeoutMs});
  cleanups.push(() => made.close());
  return made;
}

it('a read is made at the next one, too, and the first answer counts', async () => {
  const [silent, living] = [await daemon(silence), await daemon(well)];
  const reading = client([silent.url, living.url]);
  await reading.call('getSpec', {});
  expect(silent.asked).toHaveLength(1);
  await until(() => silent.hungUp.length === 1, LONG_MS, 'the silent one is left');
  expect(reading.server).toBe(living.url);
  await reading.call('getSpec', {});
  expect(silent.asked).toHaveLength(1);
});

it('one that answers late has answered, where the next one is silent', async () => {
  const second = await daemon(silence);
  const first = await daemon((response) => {
    const both = until(() => second.asked.length === 1, LONG_MS, 'the next one is asked besides');
    void both.then(() => well(response));
  });
  const reading = client([first.url, second.url]);
  await reading.call('getSpec', {});
  expect(reading.server).toBe(first.url);
  await until(() => second.hungUp.length === 1, LONG_MS, 'the other one is left');
});

it('one that is slow is waited for, where the next one cannot be asked', async () => {
  const first = await daemon((response) => void setTimeout(() => well(response), 2 * PATIENCE_MS));
  // A token is not sent there.
  const made = new AdminClient({
    server: [first.url, 'http://192.0.2.1:1'],
    tokenFile: import.meta.filename,
  });
  cleanups.push(() => made.close());
  await made.call('getSpec', {});
  expect(first.asked).toHaveLength(1);
});

it('a write is not made at another one', async () => {
  const [silent, living] = [await daemon(silence), await daemon(well)];
  const writing = client([silent.url, living.url], 2 * PATIENCE_MS);
  await expect(writing.call('addSpec', create)).rejects.toMatchObject({
    code: 'TIMEOUT',
    hint: expect.stringContaining('may have been made') as string,
  });
  expect(living.asked).toEqual([]);
});

it('a write is made at the next one where the first one does not even open a connection', async () => {
  const silent = createTcpServer((socket) => void cleanups.push(() => socket.destroy()));
  const living = await daemon(well);
  // Nothing is sent before TLS stands.
  const writing = client([`https://${await listening(silent)}`, living.url]);
  await writing.call('addSpec', create);
  expect(living.asked).toHaveLength(1);
});

it('a wait that the daemon is asked to hold is not slow', async () => {
  const held = PATIENCE_MS + 1_000;
  const second = await daemon(silence);
  const first = await daemon((response) => void setTimeout(() => well(response), held));
  const goal = {service: 'a', kind: 'app', id: '', for: 'ready', timeoutMs: 10 * held} as const;
  await client([first.url, second.url]).call('waitCheck', goal);
  expect(second.asked).toEqual([]);
});

it('the limit of a call is one, however many are asked', async () => {
  const [first, second, alone] = [
    await daemon(silence),
    await daemon(silence),
    await daemon(silence),
  ];
  const timeoutMs = 1_000;
  const ended: string[] = [];
  const ending = (name: string, made: AdminClient): Promise<unknown> =>
    made.call('getSpec', {}).catch(() => ended.push(name));
  await Promise.all([
    ending('two', client([first.url, second.url], timeoutMs)),
    ending('one', client([alone.url], 1.8 * timeoutMs)),
  ]);
  expect(ended).toEqual(['two', 'one']);
});
