import {LineCounter, isAlias, isMap, isNode, isScalar, parseDocument, visit} from 'yaml';
import type {Document, Node, YAMLMap} from 'yaml';
import {messageOf} from '../model/failure-text.ts';
import {SmError} from '../model/errors.ts';
import {decodeUtf8} from '../model/utf8.ts';
import {addressOf, bareHost, isWildcardHost} from '../model/listen-fault.ts';
import {CLUSTER_QUOTA_DEFAULT} from '../model/quota.ts';
import {embeddedOf, endpointOf, exposedHost, storeFaults} from './embedded.ts';
import type {LoadOptions} from './embedded.ts';
import type {ServerConfig} from './server-config.ts';
import {SECTIONS, SETTINGS} from './settings.ts';
import {readPlainFile} from '../runtime/secret-file.ts';
import {repeatedKeys} from './unique-keys.ts';
import {isDotted, unknownSetting} from './unknown-settings.ts';
import {
  ALIASES_LIMIT,
  CONFIG_LIMIT_BYTES,
  DEPTH_LIMIT,
  FAULTS_SHOWN,
  SHUTDOWN_DEFAULT_MS,
} from './limits.ts';
import {TTL_DEFAULT_MS} from '../model/limits.ts';
import {given} from '../model/said.ts';

interface Found {
  readonly value: unknown;
  readonly at: string;
}

/** Where the walk over the file takes down what it finds. */
interface Walk {
  readonly document: Document;
  readonly place: (offset: number) => string;
  readonly found: Map<string, Found>;
  readonly faults: string[];
}

/** Reads and checks the file. @throws SmError INVALID_CONFIG naming every fault with file:line:column. */
export function loadConfig(path: string, options: LoadOptions = {}): ServerConfig {
  return parseConfig(readConfigFile(path), path, options);
}

/** The same for a text; `file` is how faults name it. */
export function parseConfig(source: string, file: string, options: LoadOptions = {}): ServerConfig {
  const lines = new LineCounter();
  const document = parseDocument(source, {
    lineCounter: lines,
    version: '1.2',
    schema: 'core',
    // Looked at below: the parser's check takes quadratic time.
    uniqueKeys: false,
    customTags: null,
    prettyErrors: false,
    // A warning is a fault here; none goes to the console.
    logLevel: 'error',
  });
  const place = (offset: number): string => {
    const {line, col} = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  const faults = [...document.errors, ...document.warnings].map(
    ({message, pos}) => `${place(pos[0])}: ${message}`,
  );
  faults.push(
    ...repeatedKeys(document).map((offset) => `${place(offset)}: keys of a map must be unique`),
  );
  if (faults.length > 0) throw invalid(faults);
  try {
    document.toJS({maxAliasCount: ALIASES_LIMIT});
  } catch {
    throw invalid([aliasFault(document, place, file)]);
  }
  if (!isMap(document.contents)) throw invalid([`${file}:1:1: the file is not a map of settings`]);
  const found = new Map<string, Found>();
  collect(document.contents as YAMLMap, '', {document, place, found, faults}, 0);
  takeMeant(found, options.onSpelling ?? (() => undefined));
  checkValues(found, faults, file);
  const {asClient = false, embedded = asClient && !found.has('endpoints')} = options;
  faults.push(...storeFaults(found, file, embedded));
  if (faults.length > 0) throw invalid(faults);
  return configOf(found, file, {...options, embedded});
}

function aliasFault(document: Document, place: Walk['place'], file: string): string {
  let fault = `${file}:1:1: more than ${ALIASES_LIMIT} aliases are expanded`;
  visit(document, {
    Alias: (_key, alias) => {
      if (alias.resolve(document) !== undefined) return undefined;
      fault = `${place(alias.range?.[0] ?? 0)}: nothing before it is named &${alias.source}`;
      return visit.BREAK;
    },
  });
  return fault;
}

function readConfigFile(path: string): string {
  const decoded = decodeUtf8(plainContent(path));
  if ('text' in decoded) return decoded.text;
  const {line, column} = decoded.bad;
  throw invalid([`${path}:${line}:${column}: this is not UTF-8: save the file as UTF-8`]);
}

function plainContent(path: string): Buffer {
  try {
    return readPlainFile('configuration file', path, CONFIG_LIMIT_BYTES);
  } catch (cause) {
    const message = messageOf(cause);
    throw new SmError('INVALID_CONFIG', message, {
      hint: 'name the file with --config-file; sample.yml shows every setting',
      cause,
    });
  }
}

function invalid(faults: readonly string[]): SmError {
  const shown = faults.slice(0, FAULTS_SHOWN);
  return new SmError('INVALID_CONFIG', shown.join('\n'), {
    hint: 'sample.yml shows every setting; check with: sm serve --check',
  });
}

/** Takes down every leaf of the map with its place; unknown keys are faults. */
function collect(map: YAMLMap, prefix: string, walk: Walk, depth: number): void {
  const {document, place, found, faults} = walk;
  for (const {key, value} of map.items) {
    // Whoever has so many wrong ones has another kind of file.
    if (faults.length >= FAULTS_SHOWN) return;
    const at = place(isNode(key) ? (key.range?.[0] ?? 0) : 0);
    if (!isScalar(key)) {
      faults.push(`${at}: a setting's name is plain text`);
      continue;
    }
    const path = prefix + String(key.value);
    const node = (isAlias(value) ? value.resolve(document) : value) as Node | null | undefined;
    if (isDotted(path, prefix)) faults.push(`${at}: ${unknownSetting(path, prefix)}`);
    else if (isMap(node) && SECTIONS.has(path) && depth < DEPTH_LIMIT)
      collect(node, `${path}.`, walk, depth + 1);
    else if (SETTINGS.has(path)) {
      const written = isNode(value) ? value.range?.[0] : undefined;
      found.set(path, {value: node?.toJS(document) ?? null, at: place(written ?? 0)});
    } else faults.push(`${at}: ${unknownSetting(path, prefix)}`);
  }
}

/** Harmless spellings are taken, and said. */
function takeMeant(found: Map<string, Found>, say: (text: string) => void): void {
  for (const [path, {value, at}] of found) {
    const meant = SETTINGS.get(path)?.meant?.(value);
    if (meant === undefined) continue;
    found.set(path, {value: meant, at});
    say(`${at}: ${path} is read as ${JSON.stringify(meant)}: write it this way`);
  }
}

function checkValues(found: ReadonlyMap<string, Found>, faults: string[], file: string): void {
  for (const [path, {value, at}] of found) {
    const problem = SETTINGS.get(path)?.problem(value);
    if (problem !== undefined) faults.push(`${at}: ${path} ${problem}`);
  }
  for (const [path, {required}] of SETTINGS) {
    if (required === true && !found.has(path)) faults.push(`${file}:1:1: ${path} is missing`);
  }
  const pairs: readonly [string, string][] = [
    ['etcd.username', 'etcd.passwordFile'],
    ['etcd.tls.cert', 'etcd.tls.key'],
    ['tls.cert', 'tls.key'],
    ['embedded.tls.cert', 'embedded.tls.key'],
    ['containerTls.cert', 'containerTls.key'],
  ];
  for (const [one, other] of pairs) {
    if (found.has(one) !== found.has(other))
      faults.push(
        `${(found.get(one) ?? found.get(other))?.at}: ${one} and ${other} must be set together`,
      );
  }
  const needs: readonly [string, string][] = [
    // Whom a daemon trusts for etcd is always named: the authorities of the system are not offered.
    ['etcd.tls.cert', 'etcd.tls.ca'],
    ['tls.ca', 'tls.cert'],
    ['tls.clientCa', 'tls.cert'],
    ['tls.clientRoles', 'tls.clientCa'],
    ['embedded.tls.ca', 'embedded.tls.cert'],
  ];
  for (const [one, other] of needs) {
    if (found.has(one) && !found.has(other))
      faults.push(`${found.get(one)?.at}: ${one} needs ${other}`);
  }
  const clients = found.get('tls.clientCa');
  if (clients !== undefined && !found.has('tls.clientRoles') && !found.has('auth.tokenFile'))
    faults.push(
      `${clients.at}: tls.clientCa needs tls.clientRoles, or auth.tokenFile, to say what callers may do`,
    );
  checkExposure(found, faults);
  checkAdvertised(found, faults);
}

/** Whoever reaches an open port governs every app: that must be asked for in so many words. */
function checkExposure(found: ReadonlyMap<string, Found>, faults: string[]): void {
  const exposed = exposedHost(found, 'host');
  if (exposed === undefined) return;
  if (['auth', 'auth.tokenFile', 'tls.clientCa'].some((path) => found.has(path))) return;
  faults.push(
    `${exposed.at}: host ${exposed.host} is not loopback: set auth.tokenFile, or write "auth: none" to allow everybody`,
  );
}

/** An address that means all of a machine's can be listened on, and called by nobody. */
function checkAdvertised(found: ReadonlyMap<string, Found>, faults: string[]): void {
  const advertise = found.get('advertise');
  const {value, at = ''} = advertise ?? found.get('host') ?? {};
  if (typeof value !== 'string') return;
  const host = advertise === undefined ? value : value.slice(0, value.lastIndexOf(':'));
  if (!isWildcardHost(host)) return;
  const what = advertise === undefined ? `host ${host}` : `advertise ${value}`;
  faults.push(
    `${at}: ${what} means all addresses, which nobody can call: set advertise to a host:port by which others reach this daemon`,
  );
}

function configOf(
  found: ReadonlyMap<string, Found>,
  file: string,
  {embedded, dataDir, asClient}: LoadOptions,
): ServerConfig {
  const get = <T>(path: string): T | undefined => found.get(path)?.value as T | undefined;
  const section = <T extends object>(prefix: string): T | undefined => {
    const entries = [...found].filter(([path]) => path.startsWith(`${prefix}.`));
    const pick = entries
      .map(([path, {value}]) => [path.slice(prefix.length + 1), value] as const)
      .filter(([name]) => !name.includes('.'));
    return pick.length === 0 ? undefined : (Object.fromEntries(pick) as T);
  };
  const required = <T>(path: string): T => {
    const value = get<T>(path);
    if (value === undefined) throw invalid([`${file}:1:1: ${path} is missing`]);
    return value;
  };
  const host = bareHost(get<string>('host') ?? '127.0.0.1');
  const port = required<number>('port');
  const networks = get<string[]>('containerNetworks');
  const etcdTls = section<{ca: string}>('etcd.tls');
  const tls = section<{cert: string; key: string}>('tls');
  const audit = section<{file: string}>('audit');
  const own = embedded === true ? embeddedOf(found, file, dataDir) : undefined;
  const containerTls = section<NonNullable<ServerConfig['containerTls']>>('containerTls');
  return {
    service: required('service'),
    port,
    endpoints: get('endpoints') ?? (asClient === true && own ? [endpointOf(own)] : []),
    etcdPrefix: required('etcdPrefix'),
    host,
    advertise: get('advertise') ?? addressOf(host, port),
    etcd: {
      ...section<{username?: string; passwordFile?: string}>('etcd'),
      ...given({tls: etcdTls}),
    },
    auth: section<{tokenFile: string}>('auth') ?? 'none',
    filePermissions: get('filePermissions') ?? 'strict',
    log: {level: 'info', format: 'json', ...section<object>('log')},
    heartbeat: {ttlMs: TTL_DEFAULT_MS, ...section<object>('heartbeat')},
    shutdownTimeoutMs: get('shutdownTimeoutMs') ?? SHUTDOWN_DEFAULT_MS,
    ...given({tls, audit, embedded: own, containerNetworks: networks, containerTls}),
    compaction: get('compaction') ?? 'auto',
    quota: {...CLUSTER_QUOTA_DEFAULT, ...section<object>('quota')},
  };
}
