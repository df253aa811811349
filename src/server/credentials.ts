/** What the configuration says of secrets, read from files: they never stand in arguments, logs or answers. */
import {readFileSync, statSync} from 'node:fs';
import type {ServerConfig} from '../config/index.ts';
import {SmError} from '../model/errors.ts';
import type {HttpDependencies} from './http/dependencies.ts';
import {tokenOfLine} from './http/tokens.ts';

/** Permission bits of group and others. */
const OPEN_TO_OTHERS = 0o077;
const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'];

export class Credentials {
  private readonly config: ServerConfig;

  constructor(config: ServerConfig) {
    this.config = config;
  }

  /** For hints among daemons: they share one configuration. */
  forDaemons(): {token?: string; secure?: boolean} {
    const [first] = this.tokens();
    const token = first === undefined ? undefined : tokenOfLine(first).token;
    return {
      ...(token === undefined ? {} : {token}),
      ...(this.config.tls === undefined ? {} : {secure: true}),
    };
  }

  forHttp(): Pick<HttpDependencies, 'tokens' | 'allowedHosts' | 'tls'> {
    const {config} = this;
    const tokens = config.auth === 'none' ? 'none' : (): readonly string[] => this.tokens();
    const [advertised] = splitHost(config.advertise);
    const allowedHosts =
      LOOPBACK_NAMES.includes(config.host) || config.host.startsWith('127.')
        ? [...LOOPBACK_NAMES, config.host, advertised]
        : 'any';
    if (config.tls === undefined) return {tokens, allowedHosts};
    const {cert, key, ca} = config.tls;
    const files = {cert: readFile('tls.cert', cert), key: readFile('tls.key', key)};
    return {
      tokens,
      allowedHosts,
      tls: ca === undefined ? files : {...files, ca: readFile('tls.ca', ca)},
    };
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

  /** One token a line; two are valid while they are being changed. */
  private tokens(): readonly string[] {
    const {auth} = this.config;
    if (auth === 'none') return [];
    return readSecret('auth.tokenFile', auth.tokenFile)
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '');
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
