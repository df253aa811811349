/** A reply that begins and does not end: whose fault it is, and which exit code follows. */
import {once} from 'node:events';
import {createServer} from 'node:http';
import type {Server, ServerResponse} from 'node:http';
import type {AddressInfo} from 'node:net';
import {afterEach, describe, expect, it} from 'vitest';
import {AdminClient} from '../../src/cli/admin-client.ts';
import {failureOf} from '../../src/cli/failure-report.ts';

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

describe('a reply', () => {
  let server: Server;
  let client: AdminClient;

  afterEach(async () => {
    client.close();
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });

  it.each(CASES)('that %s is no bug of the command', async (_how, then, code, exit, timeoutMs) => {
    server = createServer((_request, response) => {
      response.writeHead(200, {'content-type': 'application/json'});
      response.write('{"services": [', () => then(response));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const {port} = server.address() as AddressInfo;
    client = new AdminClient({server: `http://127.0.0.1:${port}`, timeoutMs});
    const failure = await client.call('getSpec', {}).then(() => undefined, failureOf);
    expect(failure).toMatchObject({code, exit, retryable: true});
  });
});
