/** A caller that has hung up while its token was checked: nothing is kept for it. */
import {connect} from 'node:net';
import {afterEach, expect, it} from 'vitest';
import {createToken} from '../../../src/config/token-line.ts';
import type {MoveEvent} from '../../../src/protocol/admin.ts';
import {HEAVY_CALLS_OF_ONE} from '../../../src/server/http/limits.ts';
import {pause} from '../../support/until.ts';
import {fixture, listen, rawExchange} from './fixture.ts';
import type {Fixture} from './fixture.ts';

let http: Fixture;
afterEach(() => http.server.close());

it('a stream does not go on for it', async () => {
  const {token, line} = await createToken('ci', 'view', 'all');
  const lines = [line];
  http = fixture({tokens: () => lines});
  const port = await listen(http.server);
  let open = 0;
  http.behave.events = async function* (): AsyncGenerator<MoveEvent> {
    open += 1;
    try {
      for (let revision = 1; ; revision++) {
        yield {type: 'hello', revision: String(revision)};
        await pause(5);
      }
    } finally {
      open -= 1;
    }
  };
  const socket = connect(port, '127.0.0.1');
  socket.write(
    `GET /sm/server/moves/stream?service=a HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n\r\n`,
  );
  await pause(10);
  socket.destroy();
  await pause(500);
  expect(open).toBe(0);
});

it('calls with large bodies that it has begun do not count', async () => {
  const {token, line} = await createToken('ci', 'admin', 'all');
  const lines = [line];
  http = fixture({tokens: () => lines});
  const port = await listen(http.server);
  const head = `Host: localhost\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nConnection: close\r\n`;
  const large = `POST /sm/server/add-spec HTTP/1.1\r\n${head}Content-Length: 999999\r\n\r\n`;
  for (let count = 0; count < HEAVY_CALLS_OF_ONE; count += 1) {
    const socket = connect(port, '127.0.0.1');
    socket.write(large);
    setTimeout(() => socket.destroy(), 10);
  }
  await pause(1_000);
  expect(await rawExchange(port, large)).toMatch(/^HTTP\/1.1 413/);
});
