/** How one daemon is called: over http or https, straight or through a proxy that was named; never through one of the environment. */
import {readFileSync} from 'node:fs';
import {Agent, request as httpRequest} from 'node:http';
import type {ClientRequest, IncomingMessage, RequestOptions} from 'node:http';
import type {Socket} from 'node:net';
import type {Duplex} from 'node:stream';
import {SmError} from '../model/errors.ts';
import {IDLE_MS, PROXY_ANSWER_MS} from './limits.ts';

/** Files are read with each call, and what was renewed is used for new connections. */
export interface TransportOptions {
  /** PEM file with the authority of the daemons' certificates. Default: those that the system knows. */
  readonly caFile?: string;
  /** PEM file of a client certificate, for daemons that ask for one; with `keyFile`. */
  readonly certFile?: string;
  /** PEM file of its private key. */
  readonly keyFile?: string;
  /** http://host:port of a proxy for these calls. Default: none, whatever the environment says. */
  readonly proxy?: string;
}

const PEM_HINT =
  'name PEM files: caFile is the CA that signed the certificate of the daemon (--ca-file, SM_CA_FILE), certFile and keyFile are your own certificate (--cert-file, --key-file)';

interface PemFiles {
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

export interface Transport {
  request(
    url: URL,
    options: RequestOptions,
    answered: (reply: IncomingMessage) => void,
  ): ClientRequest;
  close(): void;
}

/** With a timeout an agent also heeds the Keep-Alive header of the server, and closes an idle connection a second before the server does. */
const KEEP_ALIVE = {keepAlive: true, timeout: IDLE_MS};

/** TLS takes longer to load than all else that a call needs, and most daemons are asked without. @throws SmError INVALID_INPUT. */
export async function openTransport(server: URL, options: TransportOptions): Promise<Transport> {
  const proxy = options.proxy === undefined ? undefined : proxyUrl(options.proxy);
  if (server.protocol === 'https:') return secureTransport(options, proxy);
  const agent = new Agent(KEEP_ALIVE);
  return {
    request: (url, asked, answered) =>
      proxy === undefined
        ? httpRequest(url, {...asked, agent}, answered)
        : httpRequest(proxy, {...asked, ...throughProxy(url, asked, proxy), agent}, answered),
    close: () => agent.destroy(),
  };
}

async function secureTransport(
  {caFile, certFile, keyFile}: TransportOptions,
  proxy: URL | undefined,
): Promise<Transport> {
  const [https, tls, {X509Certificate}] = await Promise.all([
    import('node:https'),
    import('node:tls'),
    import('node:crypto'),
  ]);
  // TLS itself ignores a file without one, and then trusts nobody.
  const certificate = (what: string, path: string): Buffer => {
    const pem = readPem(what, path);
    try {
      new X509Certificate(pem);
      return pem;
    } catch (cause) {
      throw new SmError('INVALID_INPUT', `${what} ${path} contains no certificate`, {
        hint: PEM_HINT,
        cause,
      });
    }
  };
  if ((certFile === undefined) !== (keyFile === undefined))
    throw new SmError('INVALID_INPUT', 'a client certificate and its key must be given together', {
      hint: 'pass certFile and keyFile, or neither (--cert-file, --key-file)',
    });
  const read = (): PemFiles => ({
    ...(caFile === undefined ? {} : {ca: certificate('CA file', caFile)}),
    ...(certFile === undefined ? {} : {cert: certificate('certificate file', certFile)}),
    ...(keyFile === undefined ? {} : {key: readPem('key file', keyFile)}),
  });
  let files = read();
  /** As they are now, so that what was renewed is used; the last ones while they cannot be, for two files are not renewed at one instant. */
  const current = (): PemFiles => {
    try {
      const now = read();
      if (isSame(now, files)) return files;
      tls.createSecureContext(now);
      return (files = now);
    } catch {
      return files;
    }
  };
  const agent = new https.Agent(KEEP_ALIVE);
  if (proxy !== undefined) {
    const connect = async (options: RequestOptions): Promise<Duplex> => {
      const socket = await tunnel(proxy, authorityOf(options));
      return tls.connect({...(options as object), socket});
    };
    agent.createConnection = (options, callback) => {
      connect(options).then(
        (stream) => callback?.(null, stream),
        (error: unknown) => callback?.(error as Error, undefined as never),
      );
      return undefined;
    };
  }
  return {
    request: (url, asked, answered) =>
      https.request(url, {...asked, ...current(), agent}, answered),
    close: () => agent.destroy(),
  };
}

function isSame(one: PemFiles, other: PemFiles): boolean {
  return (['ca', 'cert', 'key'] as const).every((part) => isEqual(one[part], other[part]));
}

function isEqual(one: Buffer | undefined, other: Buffer | undefined): boolean {
  return one === undefined || other === undefined ? one === other : one.equals(other);
}

function throughProxy(url: URL, {headers}: RequestOptions, proxy: URL): RequestOptions {
  return {path: url.href, headers: {...(headers as object), host: url.host, ...credentials(proxy)}};
}

/** As in a URL: Node takes the brackets off an address of IPv6. */
function authorityOf({host, port}: RequestOptions): string {
  const name = host?.includes(':') === true ? `[${host}]` : host;
  return `${name}:${port ?? 443}`;
}

/** A connection to `target` (host:port) that the proxy passes on. */
function tunnel(proxy: URL, target: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const headers = {host: target, ...credentials(proxy)};
    const asked = httpRequest(proxy, {method: 'CONNECT', path: target, headers, agent: false});
    asked.setTimeout(PROXY_ANSWER_MS, () => asked.destroy(new Error('the proxy does not answer')));
    asked.once('error', reject);
    asked.once('connect', ({statusCode}, socket) => {
      if (statusCode === 200) return resolve(socket);
      socket.destroy();
      reject(new Error(`the proxy refuses with status ${statusCode}`));
    });
    asked.end();
  });
}

function credentials({username, password}: URL): Record<string, string> {
  if (username === '') return {};
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return {'proxy-authorization': `Basic ${Buffer.from(pair).toString('base64')}`};
}

function readPem(what: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new SmError('INVALID_INPUT', `${what} ${path} cannot be read`, {
      hint: PEM_HINT,
      cause,
    });
  }
}

function proxyUrl(proxy: string): URL {
  const text = proxy.includes('://') ? proxy : `http://${proxy}`;
  if (URL.canParse(text) && text.startsWith('http://')) return new URL(text);
  throw new SmError('INVALID_INPUT', `proxy ${JSON.stringify(proxy)} is not an http URL`, {
    hint: 'for example http://proxy.example.org:3128',
  });
}
