/** The hint receiver with TLS, and the calls of a daemon to it: over real connections. */
import {copyFileSync, readFileSync} from 'node:fs';
import {request} from 'node:https';
import type {TLSSocket} from 'node:tls';
import {afterAll, afterEach, beforeAll, describe, expect, it, vi} from 'vitest';
import {SECRETS_LOOK_MS} from '../../src/container/limits.ts';
import {checkJoinOptions} from '../../src/container/options.ts';
import {openReceiver} from '../../src/container/receiver.ts';
import type {HintTarget} from '../../src/container/receiver.ts';
import type {ReceiverTls} from '../../src/container/receiver-tls.ts';
import {HiddenText} from '../../src/model/hidden-text.ts';
import {silentLogger} from '../../src/runtime/logger.ts';
import type {CallTls} from '../../src/server/contact/container-agent.ts';
import {HintSender} from '../../src/server/governing/hint-sender.ts';
import {HoldingsCaller} from '../../src/server/governing/holdings-audit.ts';
import {Authority} from '../support/certificates.ts';
import type {CertificateFiles} from '../support/certificates.ts';
import {LONG_MS, until} from '../support/until.ts';

const LOOPBACK = '127.0.0.1';
const TARGET: HintTarget = {
  ...{app: 'orders', container: 'c1', incarnation: 'i1', notReady: () => '', notes: () => []},
  hint: () => undefined,
  holdings: () => ({app: 'orders', container: 'c1', incarnation: 'i1', shards: []}),
};
let authority: Authority;
let stranger: Authority;
let own: CertificateFiles;
let daemon: CertificateFiles;
const closers: (() => Promise<unknown>)[] = [];
beforeAll(() => {
  [authority, stranger] = [new Authority(), new Authority()];
  own = authority.issue('container', `IP:${LOOPBACK}`);
  daemon = authority.issue('daemon', 'DNS:daemon.test');
});
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});
afterAll(() => {
  authority.remove();
  stranger.remove();
});

async function opened(tls: ReceiverTls): Promise<string> {
  const receiver = await openReceiver(new Set([TARGET]), {bind: LOOPBACK, port: 0, tls});
  closers.push(() => receiver.close());
  return `https://${LOOPBACK}:${receiver.port}`;
}

function callTls({cert, key}: CertificateFiles, ca = authority.ca): CallTls {
  const content = new HiddenText(readFileSync(key, 'utf8'));
  return {ca: readFileSync(ca), cert: readFileSync(cert), key: content};
}

async function contact(endpoint: string, tls: CallTls, tlsRequired = false) {
  const sender = new HintSender({
    ...{logger: silentLogger, allowLoopback: true, tlsRequired},
    tls: () => tls,
  });
  closers.push(() => sender.close());
  return sender.contact('orders', {container: 'c1', incarnation: 'i1', endpoint});
}

const files = ({cert, key}: CertificateFiles): ReceiverTls => ({
  cert: {file: cert},
  key: {file: key},
});

describe('a receiver with TLS', () => {
  it('whose port is taken leaves nothing behind that looks at its files', async () => {
    const taken = new URL(await opened(files(own))).port;
    const looks = vi.fn(() => readFileSync(own.cert));
    const tls = {...files(own), cert: looks};
    const options = {bind: LOOPBACK, port: Number(taken), tls};
    await expect(openReceiver(new Set(), options)).rejects.toMatchObject({code: 'PORT_TAKEN'});
    looks.mockClear();
    await new Promise((resolve) => setTimeout(resolve, SECRETS_LOOK_MS + 1_000));
    expect(looks).not.toHaveBeenCalled();
  });

  it('is called by hints and for holdings', async () => {
    const endpoint = await opened(files(own));
    const tls = {ca: readFileSync(authority.ca)};
    expect(await contact(endpoint, tls)).toMatchObject({reached: true});
    const caller = new HoldingsCaller({allowLoopback: true, tls: () => tls});
    closers.push(() => caller.close());
    expect(
      await caller.ask({app: 'orders', incarnation: 'i1', endpoint, records: 1}, false),
    ).toEqual({holdings: new Map()});
  });

  it('is not believed with the certificate of somebody else', async () => {
    const endpoint = await opened(files(stranger.issue('container', `IP:${LOOPBACK}`)));
    const refused = await contact(endpoint, {ca: readFileSync(authority.ca)});
    expect(refused).toMatchObject({reached: false, cause: expect.stringContaining('not signed')});
    const elsewhere = await opened(files(authority.issue('elsewhere', 'DNS:elsewhere.test')));
    const other = await contact(elsewhere, {ca: readFileSync(authority.ca)});
    expect(other).toMatchObject({reached: false, cause: 'its certificate is for another name'});
  });

  it('takes calls of who shows a certificate of its authority, and probes of anybody', async () => {
    const endpoint = await opened({...files(own), clientCa: {file: authority.ca}});
    expect(await contact(endpoint, callTls(daemon))).toMatchObject({reached: true});
    const unasked = await contact(endpoint, {ca: readFileSync(authority.ca)});
    expect(unasked).toMatchObject({reached: false, cause: expect.stringContaining('HTTP 401')});
    const foreign = callTls(stranger.issue('daemon', 'DNS:daemon.test'));
    expect(await contact(endpoint, foreign)).toMatchObject({reached: false});
    const statuses = ['/livez', '/readyz', '/sm/admin/shards', '/none'].map((path) =>
      statusOf(`${endpoint}${path}`),
    );
    expect(await Promise.all(statuses)).toEqual([200, 200, 401, 401]);
  });

  it('shows a certificate that was renewed without a restart', async () => {
    const inUse = authority.issue('renewed', `IP:${LOOPBACK}`);
    const endpoint = await opened(files(inUse));
    const before = await serialOf(endpoint);
    const renewed = authority.issue('later', `IP:${LOOPBACK}`);
    copyFileSync(renewed.key, inUse.key);
    copyFileSync(renewed.cert, inUse.cert);
    await until(async () => (await serialOf(endpoint)) !== before, LONG_MS, 'the new certificate');
  });

  it.each([
    ['a key of another certificate', () => ({...files(own), key: {file: daemon.key}})],
    ['a file that is not there', () => ({...files(own), cert: {file: '/nowhere'}})],
    ['an authority that is not PEM', () => ({...files(own), clientCa: Buffer.from('none')})],
  ])('does not open with %s', async (_what, tls) => {
    await expect(opened(tls())).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringMatching(/^tls[.:]/),
    });
  });
});

it('a daemon that asks for TLS calls nobody who offers none', async () => {
  const receiver = await openReceiver(new Set([TARGET]), {bind: LOOPBACK, port: 0});
  closers.push(() => receiver.close());
  const endpoint = `${LOOPBACK}:${receiver.port}`;
  expect(await contact(endpoint, {})).toMatchObject({reached: true});
  expect(await contact(endpoint, {}, true)).toMatchObject({
    reached: false,
    cause: expect.stringContaining('containerTls.required'),
  });
  const caller = new HoldingsCaller({allowLoopback: true, tlsRequired: true});
  closers.push(() => caller.close());
  expect(await caller.ask({app: 'orders', incarnation: 'i1', endpoint, records: 1}, false)).toEqual(
    {cause: expect.stringContaining('containerTls.required') as string},
  );
});

it.each([
  ['true without attach', {tls: true}],
  ['certificates with attach', {attach: true, port: 1, tls: {cert: {file: 'a'}, key: {file: 'b'}}}],
] as const)('%s is refused when joining', (_what, options) => {
  const joining = {app: 'orders', endpoints: ['127.0.0.1:1'], ...options};
  expect(() => checkJoinOptions(joining)).toThrow(expect.objectContaining({code: 'INVALID_INPUT'}));
});

function statusOf(url: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const asked = request(url, {ca: readFileSync(authority.ca), agent: false}, (reply) => {
      reply.resume();
      resolve(reply.statusCode);
    });
    asked.once('error', reject).end();
  });
}

function serialOf(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request(url, {ca: readFileSync(authority.ca), agent: false}, (reply) => {
      const {serialNumber} = (reply.socket as TLSSocket).getPeerCertificate();
      reply.resume();
      resolve(serialNumber);
    });
    asked.once('error', reject).end();
  });
}
