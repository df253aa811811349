/** What the configuration says of secrets, read from files: they never stand in arguments, logs or answers. */
import {X509Certificate, createHash} from 'node:crypto';
import {createSecureContext} from 'node:tls';
import type {Server as TlsServer} from 'node:tls';
import type {ServerConfig} from '../config/index.ts';
import {SmError} from '../model/errors.ts';
import {HiddenText} from '../model/hidden-text.ts';
import type {CallTls} from './contact/container-agent.ts';
import {stateOfAll} from './credential-watch.ts';
import {isLoopbackHost} from '../model/loopback.ts';
import {parseClientLines} from '../config/client-line.ts';
import type {ClientLine} from '../config/client-line.ts';
import type {HttpDependencies} from './http/dependencies.ts';
import {TLS_FLOOR} from '../runtime/tls.ts';
import {readTokenFile} from './http/tokens.ts';
import type {FilePermissions} from '../runtime/file-rights.ts';
import {readPlainFile, readSecretFile} from '../runtime/secret-file.ts';
import {CERTIFICATE_FILE_LIMIT_BYTES, PASSWORD_FILE_LIMIT_BYTES} from '../runtime/limits.ts';

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'];

export class Credentials {
  private readonly config: ServerConfig;
  private tokens: readonly HiddenText[] = [];
  private clients: readonly ClientLine[] = [];
  private authority: Buffer | undefined;
  /** For calls to containers that speak TLS. */
  private containerTls: CallTls = {};
  private inUse: ReadonlyMap<string, string> = new Map();
  private readonly servers = new Set<TlsServer>();
  /** When certificates end, by setting: of those for callers and containers, and of those of the store. */
  private ends: ReadonlyMap<string, number> = new Map();
  private storeEnds: ReadonlyMap<string, number> = new Map();
  private readonly listeners: (() => void)[] = [];

  /** State of the files before `check` read them: the start may last as long as etcd is away. */
  seen = '';

  constructor(config: ServerConfig) {
    this.config = config;
  }

  /** For calls among daemons, which share one configuration. `secure`: they speak TLS; `tls`: whom to trust then. */
  forDaemons(): {secure: boolean; tls: () => CallTls} {
    const tls = (): CallTls => (this.authority === undefined ? {} : {ca: this.authority});
    return {secure: this.config.tls !== undefined, tls};
  }

  /** For calls to containers. `tls`: whom to trust and what to show where they speak TLS; `tlsRequired`: others are not called. */
  forContainers(): {tlsRequired: boolean; tls: () => CallTls} {
    const {required = false} = this.config.containerTls ?? {};
    return {tlsRequired: required, tls: () => this.containerTls};
  }

  /**
   * Reads tokens and certificates again; they hold for what comes from then on, open connections go on.
   * @throws SmError INVALID_CONFIG when one of the files cannot be used; then all stays as it was.
   */
  reload(): void {
    const tokens = this.readTokens();
    const clients = this.readClients();
    const tls = this.readTls();
    const authority = this.readAuthority('tls.ca', this.config.tls?.ca);
    const containerTls = this.readContainerTls(authority);
    const ends = this.readEnds();
    if (tls !== undefined) {
      checkCertificates(tls);
      for (const server of this.servers) server.setSecureContext({...shown(tls), ...TLS_FLOOR});
    }
    this.tokens = tokens;
    this.clients = clients;
    this.authority = authority;
    this.containerTls = containerTls;
    this.ends = ends;
    for (const changed of this.listeners) changed();
  }

  /** Files of which another content may be taken over. */
  files(): string[] {
    const {auth, tls, containerTls: {required: _required, ...forContainers} = {}} = this.config;
    const own = [...(auth === 'none' ? [] : [auth.tokenFile]), ...Object.values(tls ?? {})];
    return [...own, ...Object.values(forContainers), ...this.storeFiles().map(([, path]) => path)];
  }

  /** @throws SmError INVALID_CONFIG when a file of tokens, passwords or certificates cannot be used. */
  check(): void {
    this.seen = stateOfAll(this.files());
    this.readTokens();
    this.readClients();
    this.checkEtcd();
    const tls = this.readTls();
    if (tls !== undefined) checkCertificates(tls);
    this.authority = this.readAuthority('tls.ca', this.config.tls?.ca);
    this.containerTls = this.readContainerTls(this.authority);
    this.inUse = this.storeDigests();
    this.storeEnds = this.readStoreEnds();
  }

  /** @throws SmError INVALID_CONFIG when a file cannot be used. */
  forHttp(): Pick<
    HttpDependencies,
    'tokens' | 'clients' | 'onTokensChanged' | 'allowedHosts' | 'tls' | 'onTlsServer'
  > {
    const {config} = this;
    this.tokens = this.readTokens();
    this.clients = this.readClients();
    const asks = config.tls?.clientCa !== undefined;
    const clients = asks ? {clients: (): readonly ClientLine[] => this.clients} : {};
    const tokens = config.auth === 'none' ? 'none' : (): readonly HiddenText[] => this.tokens;
    const allowedHosts = isLoopbackHost(config.host)
      ? [...LOOPBACK_NAMES, config.host, hostOf(config.advertise)]
      : 'any';
    const tls = this.readTls();
    this.ends = this.readEnds();
    const onTokensChanged = (changed: () => void): void => void this.listeners.push(changed);
    if (tls === undefined) return {tokens, onTokensChanged, allowedHosts};
    const onTlsServer = (server: TlsServer): void => void this.servers.add(server);
    return {tokens, ...clients, onTokensChanged, allowedHosts, tls, onTlsServer};
  }

  /** When the certificates in use end, Unix time in ms, by the setting of their file; empty without any. */
  expiries(): Map<string, number> {
    return new Map([...this.ends, ...this.storeEnds]);
  }

  private readTls(): HttpDependencies['tls'] {
    if (this.config.tls === undefined) return undefined;
    const {cert, key, clientCa} = this.config.tls;
    const ca = this.readAuthority('tls.clientCa', clientCa);
    const own = {cert: readFile('tls.cert', cert), key: readKey('tls.key', key)};
    return ca === undefined ? own : {...own, ca};
  }

  /** All certificates that this daemon shows or trusts, not only its own: a trusted authority that ends cuts off as many peers. */
  private readEnds(): Map<string, number> {
    const {tls, containerTls} = this.config;
    return endsOf({
      ...{'tls.cert': tls?.cert, 'tls.ca': tls?.ca, 'tls.clientCa': tls?.clientCa},
      ...{'containerTls.cert': containerTls?.cert, 'containerTls.ca': containerTls?.ca},
    });
  }

  /** Ends of the certificates for the store. Renewed files count once the store has accepted them. */
  private readStoreEnds(): Map<string, number> {
    const {etcd, embedded} = this.config;
    return endsOf({
      ...{'etcd.tls.cert': etcd.tls?.cert, 'etcd.tls.ca': etcd.tls?.ca},
      ...{'embedded.tls.cert': embedded?.tls?.cert, 'embedded.tls.ca': embedded?.tls?.ca},
    });
  }

  private readClients(): readonly ClientLine[] {
    const path = this.config.tls?.clientRoles;
    return path === undefined ? [] : parseClientLines(readFile('tls.clientRoles', path).toString());
  }

  /** Connection settings for etcd. @throws SmError INVALID_CONFIG when a file cannot be read. */
  forEtcd(): {
    endpoints: string[];
    username?: string;
    password?: HiddenText;
    plainPassword?: boolean;
    tls?: {ca?: Buffer; cert?: Buffer; key?: HiddenText};
  } {
    const {endpoints, etcd} = this.config;
    const {username, passwordFile, plainPassword, tls} = etcd;
    const login =
      username === undefined || passwordFile === undefined
        ? {}
        : {
            ...{username, password: readSecret(passwordFile, this.config.filePermissions)},
            ...(plainPassword === undefined ? {} : {plainPassword}),
          };
    if (tls === undefined) return {endpoints: [...endpoints], ...login};
    const {ca, cert, key} = tls;
    return {
      endpoints: [...endpoints],
      ...login,
      tls: {
        ...(ca === undefined ? {} : {ca: readFile('etcd.tls.ca', ca)}),
        ...(cert === undefined ? {} : {cert: readFile('etcd.tls.cert', cert)}),
        ...(key === undefined ? {} : {key: readKey('etcd.tls.key', key)}),
      },
    };
  }

  private checkEtcd(): void {
    const {cert, key} = this.forEtcd().tls ?? {};
    if (cert !== undefined && key !== undefined) checkCertificates({cert, key}, 'etcd.tls');
    this.readAuthority('etcd.tls.ca', this.config.etcd.tls?.ca);
  }

  private readContainerTls(daemonsAuthority: Buffer | undefined): CallTls {
    const {ca, cert, key} = this.config.containerTls ?? {};
    const authority = this.readAuthority('containerTls.ca', ca) ?? daemonsAuthority;
    const trusted = authority === undefined ? {} : {ca: authority};
    if (cert === undefined || key === undefined) return trusted;
    const own = {
      cert: readFile('containerTls.cert', cert),
      key: readKey('containerTls.key', key),
    };
    checkCertificates(own, 'containerTls');
    return {...trusted, ...own};
  }

  private readAuthority(setting: string, ca: string | undefined): Buffer | undefined {
    if (ca === undefined) return undefined;
    const authority = readFile(setting, ca);
    try {
      // TLS itself ignores a file without a certificate, and then trusts nobody.
      new X509Certificate(authority);
      return authority;
    } catch (cause) {
      throw new SmError('INVALID_CONFIG', `${setting}: ${ca} contains no certificate`, {
        hint: 'name a PEM file with the CA that signed the certificates of the other side',
        cause,
      });
    }
  }

  /** Settings of etcd, and of the store inside, whose files have other content than the one in use, and what they say now; undefined: none. @throws SmError INVALID_CONFIG. */
  changesForEtcd():
    | {files: string[]; secrets: () => ReturnType<Credentials['forEtcd']>; taken: () => void}
    | undefined {
    const now = this.storeDigests();
    const changed = [...now].filter(([name, digest]) => this.inUse.get(name) !== digest);
    if (changed.length === 0) return undefined;
    const files = changed.map(([name]) => name);
    const ends = this.readStoreEnds();
    const taken = (): void => {
      this.inUse = now;
      this.storeEnds = ends;
    };
    return {files, secrets: () => this.forEtcd(), taken};
  }

  private storeDigests(): Map<string, string> {
    return new Map(
      this.storeFiles().map(([name, path]) => [name, digestOf(readFile(name, path))] as const),
    );
  }

  /** Setting and path of each. */
  private storeFiles(): [string, string][] {
    const {etcd, embedded} = this.config;
    const sections = [['etcd.tls', etcd.tls] as const, ['embedded.tls', embedded?.tls] as const];
    const files = sections.flatMap(([section, tls]) =>
      (['ca', 'cert', 'key'] as const).flatMap((name): [string, string][] => {
        const path = tls?.[name];
        return path === undefined ? [] : [[`${section}.${name}`, path]];
      }),
    );
    if (etcd.passwordFile !== undefined) files.push([PASSWORD, etcd.passwordFile]);
    return files;
  }

  private readTokens(): readonly HiddenText[] {
    const {auth} = this.config;
    return auth === 'none' ? [] : readTokenFile(auth.tokenFile, this.config.filePermissions);
  }
}

/** @throws SmError INVALID_CONFIG. Before any server gets them: a half-written file must not cost a certificate that works. */
function checkCertificates(
  tls: NonNullable<HttpDependencies['tls']>,
  section: 'tls' | 'containerTls' | 'etcd.tls' = 'tls',
): void {
  try {
    createSecureContext({...shown(tls), ...TLS_FLOOR});
  } catch (cause) {
    const text = `${section}.cert and ${section}.key cannot be used together`;
    throw new SmError('INVALID_CONFIG', text, {
      hint: 'check that the files are PEM and that the key belongs to the certificate',
      cause,
    });
  }
}

/** By the setting of each file. @throws SmError INVALID_CONFIG for one that cannot be read. */
function endsOf(files: Readonly<Record<string, string | undefined>>): Map<string, number> {
  const ends = new Map<string, number>();
  for (const [setting, path] of Object.entries(files)) {
    const end = path === undefined ? undefined : firstEnd(readFile(setting, path));
    if (end !== undefined) ends.set(setting, end);
  }
  return ends;
}

/** When the first certificate of a PEM file ends, Unix ms; undefined where there is none that can be read. */
function firstEnd(pem: Buffer): number | undefined {
  const blocks = pem
    .toString('latin1')
    .match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g);
  const ends = (blocks ?? []).map((block) => {
    try {
      return Date.parse(new X509Certificate(block).validTo);
    } catch {
      return Number.NaN;
    }
  });
  const known = ends.filter((end) => !Number.isNaN(end));
  return known.length === 0 ? undefined : Math.min(...known);
}

const PASSWORD = 'etcd.passwordFile';

function readSecret(path: string, permissions: FilePermissions): HiddenText {
  const content = readSecretFile(path, {
    ...{what: `${PASSWORD}:`, mostBytes: PASSWORD_FILE_LIMIT_BYTES, links: 'followed'},
    readers: permissions === 'any' ? 'any' : 'group',
  });
  return new HiddenText(content.toString('utf8').trim());
}

function readFile(setting: string, path: string): Buffer {
  return readPlainFile(`${setting}:`, path, CERTIFICATE_FILE_LIMIT_BYTES);
}

/** PEM, of which nothing may be printed. */
function readKey(setting: string, path: string): HiddenText {
  return new HiddenText(readFile(setting, path).toString('utf8'));
}

/** For who needs the key itself. */
function shown<T extends {readonly key: HiddenText}>(tls: T): Omit<T, 'key'> & {key: string} {
  return {...tls, key: tls.key.reveal()};
}

function digestOf(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

function hostOf(address: string): string {
  return address.slice(0, address.lastIndexOf(':'));
}
