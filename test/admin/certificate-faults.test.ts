/** What the client says of a certificate that it does not take: the way out is not the same for each. */
import {readFileSync} from 'node:fs';
import {createServer} from 'node:https';
import type {Server} from 'node:https';
import type {AddressInfo} from 'node:net';
import {afterAll, afterEach, expect, it} from 'vitest';
import {AdminClient} from '../../src/admin/index.ts';
import {Authority} from '../support/certificates.ts';

const authority = new Authority();
const stranger = new Authority();
afterAll(() => {
  authority.remove();
  stranger.remove();
});

let server: Server | undefined;
afterEach(() => void server?.close());

/** The error of a call to a daemon with this certificate. */
async function said(signer: Authority, addresses: string, days?: number): Promise<unknown> {
  const {cert, key} = signer.issue('daemon', addresses, days);
  server = createServer({cert: readFileSync(cert), key: readFileSync(key)});
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server?.once('listening', resolve));
  const {port} = server.address() as AddressInfo;
  const client = new AdminClient({server: `https://127.0.0.1:${port}`, caFile: authority.ca});
  return client.call('status', {}).then(
    () => expect.unreachable('it is taken'),
    (error: unknown) => error,
  );
}

it.each([
  {fault: 'has expired', by: authority, addresses: 'IP:127.0.0.1', days: 0, hint: /renew it/},
  {fault: 'is for another name', by: authority, addresses: 'DNS:other.example', hint: /by a name/},
  {fault: 'is not trusted', by: stranger, addresses: 'IP:127.0.0.1', hint: /--ca-file/},
])('$fault', async ({fault, by, addresses, days, hint}) => {
  expect(await said(by, addresses, days)).toMatchObject({
    code: 'SERVER_UNAVAILABLE',
    message: expect.stringContaining(fault),
    hint: expect.stringMatching(hint),
  });
});
