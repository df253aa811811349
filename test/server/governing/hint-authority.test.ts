/** Calls between daemons whose certificates an authority of one's own has signed. */
import {readFileSync} from 'node:fs';
import {createServer} from 'node:https';
import type {Server} from 'node:https';
import type {AddressInfo} from 'node:net';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {silentLogger} from '../../../src/runtime/logger.ts';
import {HintSender} from '../../../src/server/governing/hint-sender.ts';
import {Authority} from '../../support/certificates.ts';

let authority: Authority;
let other: Authority;
let otherDaemon: Server;
let endpoint = '';

beforeAll(async () => {
  [authority, other] = [new Authority(), new Authority()];
  const {cert, key} = authority.issue('daemon', 'IP:127.0.0.1');
  otherDaemon = createServer(
    {cert: readFileSync(cert), key: readFileSync(key)},
    (_request, response) => {
      response.writeHead(202, {'content-type': 'application/json'}).end('{"accepted":1}');
    },
  );
  await new Promise<void>((resolve) => otherDaemon.listen(0, '127.0.0.1', resolve));
  endpoint = `127.0.0.1:${(otherDaemon.address() as AddressInfo).port}`;
});
afterAll(async () => {
  otherDaemon.closeAllConnections();
  await new Promise((resolve) => otherDaemon.close(resolve));
  authority.remove();
  other.remove();
});

describe('another daemon', () => {
  it('is reached by whoever trusts its authority, as that is now', async () => {
    let trusted: Buffer | undefined;
    const sender = new HintSender({
      ...{logger: silentLogger, allowLoopback: true, secure: true},
      tls: () => (trusted === undefined ? {} : {ca: trusted}),
    });
    const reaches = async () =>
      (await sender.contact('sm', {container: 'd', endpoint, incarnation: 'i'})).reached;
    expect(await reaches()).toBe(false);
    trusted = readFileSync(other.ca);
    expect(await reaches()).toBe(false);
    trusted = readFileSync(authority.ca);
    expect(await reaches()).toBe(true);
    await sender.close();
  });
});
