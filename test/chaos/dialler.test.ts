/** Who has dialled, where connections that are over had the same port. */
import {once} from 'node:events';
import {connect, createServer} from 'node:net';
import type {AddressInfo, Server, Socket} from 'node:net';
import {afterEach, beforeEach, expect, it} from 'vitest';
import {freePorts} from '../support/free-ports.ts';
import {whoDialled} from './dialler.ts';

const ME = new Map([['me', process.pid]]);
const TRIES = 20;

let servers: Server[];

beforeEach(async () => {
  servers = await Promise.all([listening(), listening()]);
});

afterEach(() => {
  for (const server of servers) server.close();
});

async function listening(): Promise<Server> {
  const server = createServer((socket) => void socket.on('error', () => undefined).resume());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

async function dial(server: Server | undefined, localPort: number): Promise<Socket> {
  const {port} = server?.address() as AddressInfo;
  const socket = connect({host: '127.0.0.1', port, localPort});
  await once(socket, 'connect');
  return socket;
}

it('is found by the connection that stands', async () => {
  const found: string[] = [];
  for (const port of await freePorts(TRIES)) {
    const before = await dial(servers[0], port);
    before.end();
    await once(before, 'close');
    const now = await dial(servers[1], port);
    found.push(whoDialled(port, ME));
    now.destroy();
  }
  expect(found).toEqual(Array.from({length: TRIES}, () => 'me'));
});

it('is nobody where nobody of them has dialled', async () => {
  const [port = 0] = await freePorts(1);
  expect(whoDialled(port, ME)).toBe('');
});
