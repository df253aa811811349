import {connect} from 'node:net';
import type {AddressInfo} from 'node:net';
import type {FastifyInstance} from 'fastify';
import {SmError} from '../../../src/model/errors.ts';
import {adminRoutes} from '../../../src/protocol/admin.ts';
import type {MoveEvent} from '../../../src/protocol/admin.ts';
import type {AdminHandlers, HttpDependencies} from '../../../src/server/http/dependencies.ts';
import {buildHttp} from '../../../src/server/http/http.ts';

export interface Call {
  operation: string;
  request: unknown;
}

export interface Fixture {
  server: FastifyInstance;
  calls: Call[];
  /** What the handlers do next; default answers `{}`. */
  behave: {answer: (operation: string) => unknown; events: () => AsyncIterable<MoveEvent>};
  logged: {fields: object; message: string}[];
  readiness: {ready: boolean; reason: string};
}

const noEvents = async function* (): AsyncGenerator<MoveEvent> {};

/** Each event by itself, as a group of one. */
async function* alone(events: AsyncIterable<MoveEvent>): AsyncGenerator<readonly MoveEvent[]> {
  for await (const event of events) yield [event];
}

/** A server whose handlers only note what reaches them: the HTTP side alone. */
export function fixture(over: Partial<HttpDependencies> = {}): Fixture {
  const calls: Call[] = [];
  const logged: {fields: object; message: string}[] = [];
  const behave: Fixture['behave'] = {answer: () => ({}), events: noEvents};
  const readiness = {ready: true, reason: ''};
  const handlers: Record<string, unknown> = {};
  for (const operation of Object.keys(adminRoutes)) {
    handlers[operation] = async (request: unknown) => {
      calls.push({operation, request});
      return behave.answer(operation);
    };
  }
  handlers['movesStream'] = (request: unknown) => {
    calls.push({operation: 'movesStream', request});
    return alone(behave.events());
  };
  const note = (fields: object, message: string) => void logged.push({fields, message});
  const server = buildHttp({
    admin: handlers as unknown as AdminHandlers,
    readiness: () => readiness,
    metrics: {contentType: 'text/plain; version=0.0.4', metrics: async () => 'sm_up 1\n'},
    logger: {info: note, warn: note, error: note},
    tokens: 'none',
    allowedHosts: ['127.0.0.1', 'localhost', '[::1]'],
    version: '0.0.0',
    ...over,
  });
  return {server, calls, behave, logged, readiness};
}

export const storeAway = () =>
  new SmError('STORE_UNAVAILABLE', 'etcd does not answer', {retryable: true});

export async function listen(server: FastifyInstance): Promise<number> {
  await server.listen({host: '127.0.0.1', port: 0});
  return (server.server.address() as AddressInfo).port;
}

/** Sends bytes as they are and gives back all that comes until the peer closes. */
export function rawExchange(
  port: number,
  bytes: string | Buffer,
  limitMs = 20_000,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    const received: Buffer[] = [];
    const end = () => {
      clearTimeout(timer);
      socket.destroy();
      resolve(Buffer.concat(received).toString('utf8'));
    };
    const timer = setTimeout(() => reject(new Error('no end within the limit')), limitMs);
    socket.on('data', (chunk: Buffer) => received.push(chunk));
    socket.on('close', end);
    socket.on('error', end);
    socket.write(bytes);
  });
}

export const post = (path: string, body: string, more = '') =>
  `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Type: application/json\r\n` +
  `${more}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
