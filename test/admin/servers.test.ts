/** The client and where its daemons are: several of them, below a path, behind a proxy, with certificates of an authority of one's own. */
import {readFileSync} from 'node:fs';
import {createServer, request} from 'node:http';
import type {IncomingMessage, ServerResponse} from 'node:http';
import {createServer as createTlsServer} from 'node:https';
import {connect, createServer as createTcpServer} from 'node:net';
import {afterEach, beforeAll, afterAll, describe, expect, it} from 'vitest';
import {AdminClient} from '../../src/admin/index.ts';
import type {AdminClientOptions} from '../../src/admin/index.ts';
import {SmError} from '../../src/model/errors.ts';
import {until} from '../support/until.ts';
import {Authority} from '../support/certificates.ts';
import {Opened} from './opened.ts';

const HANG_MS = 60_000;
const DEAD = 'http://127.0.0.1:1';
const opened = new Opened();

afterEach(() => opened.close());

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

const answers: Handler = (_request, response) => {
  response
    .writeHead(200, {'content-type': 'application/json'})
    .end('{"services":[],"changed":true,"revision":"1"}');
};

async function daemon(handler: Handler = answers): Promise<{url: string; asked: string[]}> {
  const asked: string[] = [];
  const port = await opened.listening(
    createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      handler(request, response);
    }),
  );
  return {url: `http://127.0.0.1:${port}`, asked};
}

function client(options: AdminClientOptions): AdminClient {
  const made = new AdminClient(options);
  opened.clients.push(made);
  return made;
}

const create = {service: 'a', maxShardCount: 0, maxRecoveryTime: 10} as never;

describe('several daemons', () => {
  it('the next is asked, by reads and writes, where nobody listens; and it is asked first from then on', async () => {
    const living = await daemon();
    const read = client({server: [DEAD, living.url]});
    await read.call('getSpec', {});
    expect(read.server).toBe(living.url);
    await read.call('getSpec', {});
    const write = client({server: `${DEAD},${living.url}`});
    await write.call('addSpec', create);
    expect(living.asked).toEqual([
      'GET /sm/server/get-spec',
      'GET /sm/server/get-spec',
      'POST /sm/server/add-spec',
    ]);
  });

  it('a write that may have been done is not made again, a read is', async () => {
    const breaking = await daemon((request) => request.socket.destroy());
    const living = await daemon();
    const server = [breaking.url, living.url];
    await expect(client({server}).call('addSpec', create)).rejects.toMatchObject({
      code: 'SERVER_UNAVAILABLE',
    });
    expect(living.asked).toEqual([]);
    await client({server}).call('getSpec', {});
    expect(living.asked).toEqual(['GET /sm/server/get-spec']);
  });

  it('that are all away end the call with the fault of the last', async () => {
    const call = client({server: [DEAD, 'http://127.0.0.1:2']}).call('getSpec', {});
    await expect(call).rejects.toMatchObject({message: 'http://127.0.0.1:2 cannot be reached'});
  });
});

describe('a client of several daemons', () => {
  it('that makes many calls at once asks the next one for each of them', async () => {
    const living = await daemon();
    const many = client({server: [DEAD, living.url]});
    const calls = Array.from({length: 9}, () => many.call('addSpec', create));
    expect(await Promise.all(calls)).toHaveLength(9);
    expect(living.asked).toHaveLength(9);
    expect(many.server).toBe(living.url);
  });

  it('asks another one first once its caller has given up waiting for a silent one', async () => {
    const [silent, living] = [await daemon(() => undefined), await daemon()];
    const patient = client({server: [silent.url, living.url], timeoutMs: HANG_MS});
    const waiting = new AbortController();
    const call = patient.call('getSpec', {}, waiting.signal);
    await until(() => silent.asked.length === 1, HANG_MS, 'the silent daemon is asked');
    waiting.abort(new SmError('TIMEOUT', 'no answer'));
    await expect(call).rejects.toMatchObject({code: 'TIMEOUT'});
    expect(living.asked).toEqual([]);
    await patient.call('getSpec', {});
    expect(living.asked).toEqual(['GET /sm/server/get-spec']);
  });

  it('goes on with the same one when its caller has only lost interest', async () => {
    const [silent, living] = [await daemon(() => undefined), await daemon()];
    const patient = client({server: [silent.url, living.url], timeoutMs: HANG_MS});
    const waiting = new AbortController();
    const call = patient.call('getSpec', {}, waiting.signal);
    await until(() => silent.asked.length === 1, HANG_MS, 'the silent daemon is asked');
    waiting.abort();
    await expect(call).rejects.toMatchObject({name: 'AbortError'});
    expect(patient.server).toBe(silent.url);
  });

  it('makes the next call at another one after a write that one has not answered', async () => {
    const breaking = await daemon((request) => request.socket.destroy());
    const living = await daemon();
    const writing = client({server: [breaking.url, living.url]});
    await expect(writing.call('addSpec', create)).rejects.toMatchObject({
      code: 'SERVER_UNAVAILABLE',
      message: `${breaking.url} has broken off the connection`,
    });
    await writing.call('addSpec', create);
    expect(living.asked).toEqual(['POST /sm/server/add-spec']);
  });
});

describe('an idle connection', () => {
  it('is closed by the client, before the daemon does so: a call that meets its end is reset', async () => {
    const server = createServer({keepAliveTimeout: 3_000}, answers);
    const closedBy: string[] = [];
    server.on('connection', (socket) => {
      socket.on('end', () => closedBy.push('client'));
      socket.on('close', () => closedBy.push('somebody'));
    });
    const port = await opened.listening(server);
    await client({server: `http://127.0.0.1:${port}`}).call('getSpec', {});
    await until(() => closedBy.includes('somebody'), HANG_MS, 'the connection is closed');
    expect(closedBy[0]).toBe('client');
  });
});

describe('the address of a daemon', () => {
  it.each(['/prod/x', '/prod/x/'])('may have a path: %s', async (path) => {
    const {url, asked} = await daemon();
    const below = client({server: `${url}${path}`});
    await below.call('getSpec', {});
    expect(asked).toEqual(['GET /prod/x/sm/server/get-spec']);
    expect(below.server).toBe(`${url}/prod/x`);
  });

  it.each(['http://host:1/?a=b', 'http://host:1/#a', 'http://', ' , '])(
    'is refused: %s',
    (server) =>
      expect(() => new AdminClient({server})).toThrow(
        expect.objectContaining({code: 'INVALID_INPUT'}) as Error,
      ),
  );
});

describe('over TLS and proxies', () => {
  let authority: Authority;
  let files: {cert: Buffer; key: Buffer};

  beforeAll(() => {
    authority = new Authority();
    const {cert, key} = authority.issue('daemon', 'IP:127.0.0.1,IP:::1');
    files = {cert: readFileSync(cert), key: readFileSync(key)};
  });
  afterAll(() => authority.remove());

  async function secureDaemon(): Promise<string> {
    return `https://127.0.0.1:${await opened.listening(createTlsServer(files, answers))}`;
  }

  /** Passes on, and takes down what it was asked for. */
  async function proxy(): Promise<{url: string; asked: string[]}> {
    const asked: string[] = [];
    const server = createServer((incoming, response) => {
      asked.push(`${incoming.method} ${incoming.url}`);
      const onward = request(incoming.url ?? '', (reply) => reply.pipe(response));
      onward.end();
    });
    server.on('connect', ({url = ''}, socket) => {
      asked.push(`CONNECT ${url}`);
      const {hostname, port} = new URL(`http://${url}`);
      const onward = connect(Number(port), hostname.replace(/[[\]]/g, ''), () => {
        socket.write('HTTP/1.1 200 ok\r\n\r\n');
        onward.pipe(socket).pipe(onward);
      });
      onward.on('error', () => socket.destroy());
      socket.on('error', () => onward.destroy());
    });
    return {url: `http://127.0.0.1:${await opened.listening(server)}`, asked};
  }

  it('a certificate of an own authority is trusted when that is named, and refused with the way out otherwise', async () => {
    const server = await secureDaemon();
    await expect(client({server}).call('getSpec', {})).rejects.toMatchObject({
      message: `the certificate of ${server} is not trusted`,
      hint: expect.stringContaining('--ca-file') as string,
    });
    await client({server, caFile: authority.ca}).call('getSpec', {});
    const missing = client({server, caFile: '/none'}).call('getSpec', {});
    await expect(missing).rejects.toMatchObject({code: 'INVALID_INPUT'});
    const noPem = client({server, caFile: import.meta.filename}).call('getSpec', {});
    await expect(noPem).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: `CA file ${import.meta.filename} contains no certificate`,
    });
    const half = client({server, certFile: authority.ca}).call('getSpec', {});
    await expect(half).rejects.toMatchObject({
      message: 'a client certificate and its key must be given together',
      hint: 'pass certFile and keyFile, or neither (--cert-file, --key-file)',
    });
  });

  it('a write goes on to the next daemon where the connection to one never stood: nothing was sent', async () => {
    const stranger = new Authority();
    const {cert, key} = stranger.issue('daemon', 'IP:127.0.0.1');
    const strange = createTlsServer({cert: readFileSync(cert), key: readFileSync(key)}, answers);
    const noTls = await daemon();
    const hangsUp = createTcpServer((socket) => void socket.once('data', () => socket.destroy()));
    const urls = [
      `https://127.0.0.1:${await opened.listening(strange)}`,
      noTls.url.replace('http:', 'https:'),
      `https://127.0.0.1:${await opened.listening(hangsUp)}`,
    ];
    stranger.remove();
    await expect(client({server: urls[1] ?? ''}).call('getSpec', {})).rejects.toMatchObject({
      message: `${urls[1]} does not speak TLS`,
      hint: expect.stringContaining('http://') as string,
    });
    const secure = await secureDaemon();
    for (const url of urls)
      await client({server: [url, secure], caFile: authority.ca}).call('addSpec', create);
    expect(noTls.asked).toEqual([]);
  });

  it('a proxy is used when it is named', async () => {
    const [plain, secure, through] = [await daemon(), await secureDaemon(), await proxy()];
    await client({server: plain.url, proxy: through.url}).call('getSpec', {});
    await client({server: secure, caFile: authority.ca, proxy: through.url}).call('getSpec', {});
    expect(through.asked).toEqual([
      `GET ${plain.url}/sm/server/get-spec`,
      `CONNECT ${secure.replace('https://', '')}`,
    ]);
  });

  it('a proxy is asked for an address of IPv6 in brackets', async () => {
    const secure = `https://[::1]:${await opened.listening(createTlsServer(files, answers), '::1')}`;
    const through = await proxy();
    await client({server: secure, caFile: authority.ca, proxy: through.url}).call('getSpec', {});
    expect(through.asked).toEqual([`CONNECT ${secure.replace('https://', '')}`]);
  });
});
