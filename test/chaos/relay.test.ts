/** The relay of the chaos bed: what its faults do to what is sent. */
import {once} from 'node:events';
import {connect, createServer} from 'node:net';
import type {AddressInfo, Server, Socket} from 'node:net';
import {afterEach, beforeEach, expect, it} from 'vitest';
import {LONG_MS, pause, until} from '../support/until.ts';
import {whoDialled} from './dialler.ts';
import {Relay} from './relay.ts';

/** Long enough that what is not stalled has arrived. */
const SETTLE_MS = 150;
let server: Server;
let relay: Relay;
let client: Socket;
let arrived = '';
let returned = '';

async function dial(): Promise<Socket> {
  const {port} = server.address() as AddressInfo;
  relay = new Relay({
    name: 'test',
    target: {host: '127.0.0.1', port},
    whoDialled: (from) => whoDialled(from, new Map([['me', process.pid]])),
  });
  await relay.listen();
  return again();
}

async function again(): Promise<Socket> {
  const [host = '', port = ''] = relay.endpoint.split(':');
  const socket = connect(Number(port), host);
  socket.on('data', (bytes: Buffer) => (returned += bytes.toString()));
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

beforeEach(async () => {
  arrived = '';
  returned = '';
  // Answers each piece in capitals.
  server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (bytes: Buffer) => {
      arrived += bytes.toString();
      socket.write(bytes.toString().toUpperCase());
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  client = await dial();
});

afterEach(async () => {
  client.destroy();
  relay.close();
  await new Promise((resolve) => server.close(resolve));
});

it('holds one way back and delivers all of it in order when it heals', async () => {
  const undo = relay.apply({stallDown: true});
  client.write('a');
  await until(() => arrived === 'a', LONG_MS, 'the request arrives');
  client.write('b');
  await until(() => arrived === 'ab', LONG_MS, 'the next arrives');
  await pause(SETTLE_MS);
  expect(returned).toBe('');
  undo();
  await until(() => returned === 'AB', LONG_MS, 'the answers arrive');
});

it('holds requests back, and loses them when it breaks', async () => {
  const undo = relay.apply({stallUp: true});
  client.write('a');
  await pause(SETTLE_MS);
  expect(arrived).toBe('');
  const closed = once(client, 'close');
  relay.cut();
  undo();
  await closed;
  expect(arrived).toBe('');
});

it('is late by so much, in order', async () => {
  relay.apply({delayMs: 200});
  const startMs = performance.now();
  client.write('a');
  await pause(20);
  client.write('b');
  await until(() => returned === 'AB', LONG_MS, 'both answers arrive');
  // There and back.
  expect(performance.now() - startMs).toBeGreaterThanOrEqual(390);
});

it('is slow by so much', async () => {
  relay.apply({bytesPerSecond: 1_000});
  const startMs = performance.now();
  client.write('x'.repeat(300));
  await until(() => arrived.length === 300, LONG_MS, 'the first piece arrives');
  client.write('y');
  await until(() => arrived.length === 301, LONG_MS, 'the second piece arrives');
  expect(performance.now() - startMs).toBeGreaterThanOrEqual(290);
});

it('touches only whom it is told to, by who dialled', async () => {
  const other = relay.apply({stallUp: true, from: 'another'});
  client.write('a');
  await until(() => returned === 'A', LONG_MS, 'it is not held');
  other();
  relay.apply({stallUp: true, from: 'me'});
  client.write('b');
  await pause(SETTLE_MS);
  expect(arrived).toBe('a');
});

it('refuses new connections', async () => {
  const undo = relay.apply({refuse: true});
  const refused = await again();
  if (!refused.destroyed) await once(refused, 'close');
  undo();
  const taken = await again();
  taken.write('c');
  await until(() => returned === 'C', LONG_MS, 'a new one is taken');
  taken.destroy();
});
