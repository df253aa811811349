/** A caller that has hung up while its token was checked: nothing is kept for it. */
import type {Server} from 'node:http';
import {connect} from 'node:net';
import {afterEach, expect, it} from 'vitest';
import {createToken} from '../../../src/config/token-line.ts';
import type {TokenLine} from '../../../src/config/token-line.ts';
import type {MoveEvent} from '../../../src/protocol/admin.ts';
import {HEAVY_CALLS_OF_ONE} from '../../../src/server/http/limits.ts';
import {LONG_MS, pause, until} from '../../support/until.ts';
import {fixture, listen, rawExchange} from './fixture.ts';
import type {Fixture} from './fixture.ts';

let http: Fixture;
let port: number;
let token: string;
/** Of each call whose token has been checked: whether its caller had gone by then. */
let gone: boolean[];
afterEach(() => http.server.close());

async function serve(role: TokenLine['role']): Promise<void> {
  const created = await createToken('ci', role, 'all');
  const lines = [created.line];
  token = created.token;
  http = fixture({tokens: () => lines});
  gone = [];
  // Comes after those of the server.
  http.server.addHook('onRequest', (_request, reply, done) => {
    gone.push(reply.raw.destroyed);
    done();
  });
  port = await listen(http.server);
}

/** Sends each of these on its own connection, and ends the connection when the check of its token has begun: a slow hash, in another thread. */
async function hangUp(heads: readonly string[]): Promise<void> {
  const server = http.server.server as Server;
  const end = ({socket}: {socket: {destroy(): unknown}}): void => void socket.destroy();
  server.on('request', end);
  for (const head of heads) {
    const socket = connect(port, '127.0.0.1', () => socket.write(head));
    socket.on('error', () => undefined);
  }
  await until(() => gone.length === heads.length, LONG_MS, 'all tokens are checked');
  server.off('request', end);
  expect(gone).toEqual(heads.map(() => true));
}

it('a stream does not go on for it', async () => {
  await serve('view');
  const seen = {begun: 0, open: 0};
  http.behave.events = async function* (): AsyncGenerator<MoveEvent> {
    seen.begun += 1;
    seen.open += 1;
    try {
      for (let revision = 1; ; revision++) {
        yield {type: 'hello', revision: String(revision)};
        await pause(5);
      }
    } finally {
      seen.open -= 1;
    }
  };
  const head = `Host: localhost\r\nAuthorization: Bearer ${token}\r\n`;
  await hangUp([`GET /sm/server/moves/stream?service=a HTTP/1.1\r\n${head}\r\n`]);
  await until(() => seen.begun === 1 && seen.open === 0, LONG_MS, 'the end of the stream');
});

it('calls with large bodies that it has begun do not count', async () => {
  await serve('admin');
  const head = `Host: localhost\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nConnection: close\r\n`;
  const large = `POST /sm/server/add-spec HTTP/1.1\r\n${head}Content-Length: 999999\r\n\r\n`;
  await hangUp(Array.from({length: HEAVY_CALLS_OF_ONE}, () => large));
  expect(await rawExchange(port, large)).toMatch(/^HTTP\/1.1 413/);
});
