/** Whoever reads lines wants all shards, unless they say how many. */
import {once} from 'node:events';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {afterAll, beforeAll, expect, it} from 'vitest';
import {sm} from '../support/command.ts';

const asked: URL[] = [];
const daemon = createServer(({url = ''}, response) => {
  asked.push(new URL(url, 'http://daemon'));
  response.writeHead(500).end('{}');
});

beforeAll(async () => {
  daemon.listen(0, '127.0.0.1');
  await once(daemon, 'listening');
});
afterAll(() => daemon.close());

it.each([
  [[], '100000'],
  [['--limit', '7'], '7'],
])('shard ls --watch %j asks for %s', async (flags, limit) => {
  const server = `http://127.0.0.1:${(daemon.address() as AddressInfo).port}`;
  await sm('shard', 'ls', '-a', 'orders', '--watch', '--server', server, ...flags);
  expect(asked.at(-1)?.searchParams.get('limit')).toBe(limit);
});
