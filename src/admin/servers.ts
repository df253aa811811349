/** The daemons that a client may ask: any of them answers anything, so the next is asked where one is away. */
import {readFileSync} from 'node:fs';
import type {ClientRequest} from 'node:http';
import {SmError} from '../model/errors.ts';
import {isLoopbackHost} from '../model/loopback.ts';
import {RemoteError} from './remote-error.ts';

/** `a,b` or a list; each `host:port`, `http://host:port/path` or `https://...`. @throws SmError INVALID_INPUT. */
export function serverUrls(servers: string | readonly string[]): URL[] {
  const names: unknown = typeof servers === 'string' ? servers.split(',') : servers;
  // As of a program without types whose variable is not set.
  if (!isTexts(names))
    throw new SmError('INVALID_INPUT', 'server is neither text nor a list of texts', {hint: HINT});
  const urls = names.map((name) => name.trim()).filter((name) => name !== '');
  if (urls.length === 0) throw new SmError('INVALID_INPUT', 'no server is given', {hint: HINT});
  return urls.map(serverUrl);
}

function isTexts(names: unknown): names is readonly string[] {
  return Array.isArray(names) && names.every((name) => typeof name === 'string');
}

/** The address of an operation at a server, below the path that the server was named with. */
export function urlOf(server: URL, path: string): URL {
  return new URL(`${pathOf(server)}${path}`, server);
}

/** How a server is named to people: without a token of its own in it. */
export function nameOf(server: URL): string {
  return `${server.origin}${pathOf(server)}`;
}

/** What Node calls it where it tries several addresses. */
const NOT_CONNECTED = 'ERR_SOCKET_CONNECTION_TIMEOUT';

/** Faults of a connection that was not opened. */
export const NOT_OPENED: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EAI_AGAIN',
  NOT_CONNECTED,
]);

/**
 * The call ends where the connection to the server is not there in time; undefined: it may take as long as the call.
 * @returns whether the connection stands, with the certificate that it asks for: before that, nothing is sent.
 */
export function watchConnecting(
  call: ClientRequest,
  {protocol}: URL,
  limitMs: number | undefined,
): () => boolean {
  const late = (): void => {
    const fault = new Error(`no connection within ${limitMs} ms`);
    call.destroy(Object.assign(fault, {code: NOT_CONNECTED}));
  };
  const timer = limitMs === undefined ? undefined : setTimeout(late, limitMs);
  let stands = false;
  const connected = (): void => {
    stands = true;
    clearTimeout(timer);
  };
  call.once('close', () => clearTimeout(timer));
  call.once('socket', (socket) => {
    if (call.reusedSocket) connected();
    else socket.once(protocol === 'https:' ? 'secureConnect' : 'connect', connected);
  });
  return () => stands;
}

const AWAY: ReadonlySet<string> = new Set(['SERVER_UNAVAILABLE', 'STORE_UNAVAILABLE', 'TIMEOUT']);

/** Whether the daemon that was asked cannot be reached, does not answer in time, or says that it cannot answer now. */
export function isAway(fault: unknown): boolean {
  if (fault instanceof RemoteError) return AWAY.has(fault.failure.code);
  return fault instanceof SmError && AWAY.has(fault.code);
}

/** What a daemon says of itself tells more than that another one cannot be reached. */
export function tellingMost(faults: readonly unknown[]): unknown {
  return faults.findLast((fault) => fault instanceof RemoteError) ?? faults.at(-1);
}

const HINT = 'as http://127.0.0.1:8801; several with commas between them';

/** With `http://` before it, it would be a host of that name. */
const OTHER_SCHEME = /^(?!https?:)[a-z]+:\/\//i;

function serverUrl(server: string): URL {
  const text = /^https?:\/\//.test(server) ? server : `http://${server}`;
  const url = URL.canParse(text) && !OTHER_SCHEME.test(server) ? new URL(text) : undefined;
  if (url === undefined)
    throw new SmError(
      'INVALID_INPUT',
      `server ${JSON.stringify(server)} is not a URL of http or https`,
      {
        hint: HINT,
      },
    );
  if (url.search !== '' || url.hash !== '')
    throw new SmError('INVALID_INPUT', `server ${JSON.stringify(server)} has more than a path`, {
      hint: HINT,
    });
  return url;
}

function pathOf({pathname}: URL): string {
  return pathname.replace(/\/+$/, '');
}

/** @throws SmError INVALID_INPUT for a daemon on another machine that is called without TLS: anybody on the way can read the token. */
export function refusePlainToken(url: URL): void {
  if (url.protocol === 'https:' || isLoopbackHost(url.hostname)) return;
  throw new SmError('INVALID_INPUT', `the token would be sent to ${nameOf(url)} without TLS`, {
    hint: 'enable TLS on the daemons (tls in their configuration) and use https://; or allow it (--plain-token, SM_PLAIN_TOKEN=1)',
  });
}

/** The token of the file's first line; a name may stand before it, as in the daemon's own file. @throws SmError INVALID_INPUT. */
export function tokenIn(file: string): string {
  try {
    const [line = ''] = readFileSync(file, 'utf8').split('\n', 1);
    return line.trim().split(/\s+/).at(-1) ?? '';
  } catch (error) {
    throw new SmError('INVALID_INPUT', `token file ${file} cannot be read`, {
      hint: 'check that the file exists and that this process may read it, or name another one (--token-file, SM_TOKEN_FILE)',
      cause: error,
    });
  }
}
