/** TLS of the hint receiver: its certificate, and whether callers must show one. */
import {createServer} from 'node:https';
import type {SecureContextOptions} from 'node:tls';
import type {RequestListener, ServerOptions} from 'node:http';
import type {Server} from 'node:https';
import type {EtcdSecrets} from '../etcd/endpoint-clients.ts';
import {revealed} from '../model/hidden-text.ts';
import {given} from '../model/said.ts';
import type {Logger} from '../runtime/log-port.ts';
import {TLS_FLOOR} from '../runtime/tls.ts';
import {SecretsWatch, loginKey, readSecrets} from './secrets.ts';
import type {EtcdLogin, Pem, Secret} from './secrets.ts';

/** PEM. Files and functions are looked at every 10 s, and what has changed is used for new connections. */
export interface ReceiverTls {
  /** Certificate of the host by which daemons call this process. */
  cert: Secret<Pem>;
  /** The private key of `cert`. */
  key: Secret<Pem>;
  /** Authority of callers: whoever shows no certificate that it signed gets `/livez` and `/readyz` alone. Absent: none is asked for. */
  clientCa?: Secret<Pem>;
}

const NAMES = {what: 'certificates of the hint receiver', tls: 'tls', ca: 'clientCa'};

/** @throws SmError INVALID_INPUT when a certificate cannot be read, or does not belong to the key. */
export async function secureServer(
  tls: ReceiverTls,
  {limits, handler, logger}: {limits: ServerOptions; handler: RequestListener; logger: Logger},
): Promise<Server> {
  const login = loginOf(tls);
  const first = await readSecrets(login, NAMES);
  // Who shows none is refused by path: probes must get through.
  const asking = {requestCert: tls.clientCa !== undefined, rejectUnauthorized: false};
  const server = createServer({...limits, ...contextOf(first), ...asking}, handler);
  // Not before: a server that cannot listen is not closed either.
  server.once('listening', () => {
    const watch = new SecretsWatch({
      ...{login, names: NAMES, first, logger},
      onChange: (secrets) => server.setSecureContext(contextOf(secrets)),
    });
    server.once('close', () => watch.close());
  });
  return server;
}

/** The same text for what means the same. Holds no secret in clear. */
export function receiverKey(tls: ReceiverTls): string {
  return loginKey(loginOf(tls));
}

function loginOf({cert, key, clientCa}: ReceiverTls): EtcdLogin {
  return {tls: {cert, key, ...given({ca: clientCa})}};
}

function contextOf({tls: {ca, cert, key} = {}}: EtcdSecrets): SecureContextOptions {
  return {
    ...given({ca, cert}),
    ...(key === undefined ? {} : {key: Buffer.isBuffer(key) ? key : revealed(key)}),
    ...TLS_FLOOR,
  };
}
