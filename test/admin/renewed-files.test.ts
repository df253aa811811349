/** A program asks for months: certificates are renewed in their files, and may be missing for a moment. */
import {copyFileSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:https';
import type {Server} from 'node:https';
import {join} from 'node:path';
import type {TLSSocket} from 'node:tls';
import {afterAll, afterEach, beforeEach, describe, expect, it} from 'vitest';
import {AdminClient} from '../../src/admin/index.ts';
import {Authority} from '../support/certificates.ts';
import type {CertificateFiles} from '../support/certificates.ts';
import {ownFolder} from '../support/own-folder.ts';
import {Opened} from './opened.ts';

const authority = new Authority();
const stranger = new Authority();
const daemon = authority.issue('daemon', 'IP:127.0.0.1');
const folder = ownFolder('renewed');
const at = (name: string): string => join(folder, name);
const opened = new Opened();
/** Names of the certificates that callers have shown, one for each call. */
let shown: string[] = [];
let client: AdminClient;

afterAll(() => {
  authority.remove();
  stranger.remove();
});
afterEach(() => opened.close());

/** What every call is answered; each on a connection of its own, as after a pause. */
function daemonThatAsks(): Server {
  const content = {ca: readFileSync(daemon.ca), cert: readFileSync(daemon.cert)};
  const asking = {...content, key: readFileSync(daemon.key), requestCert: true};
  return createServer(asking, ({socket}, response) => {
    shown.push(String((socket as TLSSocket).getPeerCertificate().subject.CN));
    response.writeHead(404, {'content-type': 'application/json', connection: 'close'});
    response.end(JSON.stringify({error: 'no such app', code: 'APP_NOT_FOUND'}));
  });
}

function take({cert, key}: CertificateFiles): void {
  copyFileSync(cert, at('cert.pem'));
  copyFileSync(key, at('key.pem'));
}

async function code(): Promise<unknown> {
  return client.call('getApp', {service: 'orders'}).then(
    () => expect.unreachable('no daemon answers so'),
    (error: {code?: string; failure?: {code: string}}) => error.failure?.code ?? error.code,
  );
}

beforeEach(async () => {
  shown = [];
  const port = await opened.listening(daemonThatAsks());
  copyFileSync(authority.ca, at('ca.pem'));
  take(authority.issue('first', 'DNS:client'));
  const files = {caFile: at('ca.pem'), certFile: at('cert.pem'), keyFile: at('key.pem')};
  client = new AdminClient({server: `https://127.0.0.1:${port}`, ...files});
  opened.clients.push(client);
});

describe('a client', () => {
  it('shows the certificate that is in its file now', async () => {
    expect(await code()).toBe('APP_NOT_FOUND');
    take(authority.issue('second', 'DNS:client'));
    expect(await code()).toBe('APP_NOT_FOUND');
    expect(shown).toEqual(['first', 'second']);
  });

  it('shows the last one while certificate and key do not belong together, or are not there', async () => {
    expect(await code()).toBe('APP_NOT_FOUND');
    copyFileSync(authority.issue('second', 'DNS:client').cert, at('cert.pem'));
    expect(await code()).toBe('APP_NOT_FOUND');
    rmSync(at('cert.pem'));
    expect(await code()).toBe('APP_NOT_FOUND');
    expect(shown).toEqual(['first', 'first', 'first']);
  });

  it('trusts the authority that is in its file now', async () => {
    copyFileSync(stranger.ca, at('ca.pem'));
    expect(await code()).toBe('SERVER_UNAVAILABLE');
    copyFileSync(authority.ca, at('ca.pem'));
    expect(await code()).toBe('APP_NOT_FOUND');
  });

  it('whose file was missing at its first call asks again once it is there', async () => {
    rmSync(at('ca.pem'));
    expect(await code()).toBe('INVALID_INPUT');
    writeFileSync(at('ca.pem'), readFileSync(authority.ca));
    expect(await code()).toBe('APP_NOT_FOUND');
  });
});
