/** What the configuration says of secrets, read from files: they never stand in arguments, logs or answers. */
import {readFileSync, statSync} from 'node:fs';
import {createSecureContext} from 'node:tls';
import type {Server as TlsServer} from 'node:tls';
import type {ServerConfig} from '../config/index.ts';
import {SmError} from '../model/errors.ts';
import {isLoopbackHost} from '../model/loopback.ts';
import type {HttpDependencies} from './http/dependencies.ts';
import {TLS_FLOOR, readTokenFile, tokenOfLine} from './http/tokens.ts';

/** Permission bits of group and others. */
const OPEN_TO_OTHERS = 0o077;
const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'];

export class Credentials {
  private readonly config: ServerConfig;
  private tokens: readonly string[] = [];
  private readonly servers = new Set<TlsServer>();

  constructor(config: ServerConfig) {
    this.config = config;
  }

  /** For hints among daemons: they share one configuration. */
  forDaemons(): {token: () => string | undefined; secure: boolean} {
    const token = (): string | undefined => {
      const [first] = this.tokens;
      return first === undefined ? undefined : tokenOfLine(first).token;
    };
    return {token, secure: this.config.tls !== undefined};
  }

  /**
   * Reads tokens and certificates again; they hold for what comes from then on, open connections go on.
   * @throws SmError INVALID_CONFIG when one of the files cannot be used; then all stays as it was.
   */
  reload(): void {
    const tokens = this.readTokens();
    const tls = this.readTls();
    if (tls !== undefined) {
      checkCertificates(tls);
      for (const server of this.servers) server.setSecureContext({...tls, ...TLS_FLOOR});
    }
    this.tokens = tokens;
  }

  /** @throws SmError INVALID_CONFIG when a file of tokens or certificates cannot be used. */
  check(): void {
    this.readTokens();
    const tls = this.readTls();
    if (tls !== undefined) checkCertificates(tls);
  }

  /** @throws SmError INVALID_CONFIG when a file cannot be used. */
  forHttp(): Pick<HttpDependencies, 'tokens' | 'allowedHosts' | 'tls' | 'onTlsServer'> {
    const {config} = this;
    this.tokens = this.readTokens();
    const tokens = config.auth === 'none' ? 'none' : (): readonly string[] => this.tokens;
    const [advertised] = splitHost(config.advertise);
    const allowedHosts = isLoopbackHost(config.host)
      ? [...LOOPBACK_NAMES, config.host, advertised]
      : 'any';
    const tls = this.readTls();
    if (tls === undefined) return {tokens, allowedHosts};
    return {tokens, allowedHosts, tls, onTlsServer: (server) => void this.servers.add(server)};
  }

  private readTls(): HttpDependencies['tls'] {
    if (this.config.tls === undefined) return undefined;
    const {cert, key, ca} = this.config.tls;
    const files = {cert: readFile('tls.cert', cert), key: readFile('tls.key', key)};
    return ca === undefined ? files : {...files, ca: readFile('tls.ca', ca)};
  }

  /** Connection settings for etcd. @throws SmError INVALID_CONFIG when a file cannot be read. */
  forEtcd(): {
    endpoints: string[];
    username?: string;
    password?: string;
    tls?: {ca?: Buffer; cert?: Buffer; key?: Buffer};
  } {
    const {endpoints, etcd} = this.config;
    const {username, passwordFile, tls} = etcd;
    const login =
      username === undefined || passwordFile === undefined
        ? {}
        : {username, password: readSecret('etcd.passwordFile', passwordFile)};
    if (tls === undefined) return {endpoints: [...endpoints], ...login};
    const files = Object.entries(tls).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    );
    return {
      endpoints: [...endpoints],
      ...login,
      tls: Object.fromEntries(
        files.map(([name, path]) => [name, readFile(`etcd.tls.${name}`, path)]),
      ),
    };
  }

  private readTokens(): readonly string[] {
    const {auth} = this.config;
    return auth === 'none' ? [] : readTokenFile(auth.tokenFile);
  }
}

/** @throws SmError INVALID_CONFIG. Before any server gets them: a half-written file must not cost a certificate that works. */
function checkCertificates(tls: NonNullable<HttpDependencies['tls']>): void {
  try {
    createSecureContext({...tls, ...TLS_FLOOR});
  } catch (cause) {
    throw new SmError('INVALID_CONFIG', 'tls.cert, tls.key and tls.ca cannot be used together', {
      hint: 'check that the files hold PEM and that the key belongs to the certificate',
      cause,
    });
  }
}

function readSecret(setting: string, path: string): string {
  if ((statOf(setting, path).mode & OPEN_TO_OTHERS) !== 0) {
    throw new SmError('INVALID_CONFIG', `${setting}: ${path} can be read by others`, {
      hint: `chmod 600 ${path}`,
    });
  }
  return readFile(setting, path).toString('utf8').trim();
}

function statOf(setting: string, path: string): {mode: number} {
  try {
    return statSync(path);
  } catch (error) {
    throw unreadable(setting, path, error);
  }
}

function readFile(setting: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw unreadable(setting, path, error);
  }
}

function unreadable(setting: string, path: string, cause: unknown): SmError {
  return new SmError('INVALID_CONFIG', `${setting}: ${path} cannot be read`, {
    hint: 'check the path and its permissions',
    cause,
  });
}

function splitHost(address: string): [string, string] {
  const at = address.lastIndexOf(':');
  return [address.slice(0, at), address.slice(at + 1)];
}
