/** What each key of apps.yml and of the daemon's configuration means, for `explain` and `schema`. */
import {SmError} from '../model/errors.ts';
import {nearestWords} from '../model/nearest.ts';
import {APPS_SHAPE} from './apps-schema.ts';
import type {Field, Shape} from './apps-shape.ts';
import {SECTIONS, SETTINGS} from './settings.ts';

export interface Explanation {
  readonly path: string;
  readonly type: string;
  readonly summary: string;
  readonly required: boolean;
  /** '' when there is none. */
  readonly fallback: string;
  /** Keys below this one. */
  readonly keys: readonly {readonly name: string; readonly summary: string}[];
}

type JsonSchema = Record<string, unknown>;

const SETTING_NOTES: Readonly<Record<string, string>> = {
  service: "sm's own service name.",
  port: 'Port of the admin API.',
  endpoints: 'etcd endpoints, host:port each; left out with --embedded.',
  etcdPrefix: 'Prefix of all keys, as /sm.',
  host: 'Address to bind. Default 127.0.0.1; anything but loopback needs auth.',
  advertise:
    'host:port at which others reach this daemon. Default: host and port. Required if host means all addresses. A loopback address is refused while daemons run on other machines.',
  'etcd.username': 'etcd user; requires etcd.passwordFile.',
  'etcd.passwordFile': 'File with the password, readable by its owner only.',
  'etcd.plainPassword':
    'true: the password may be sent to another machine without TLS. Default false: the daemon then refuses to start.',
  'etcd.tls.ca': "File with the authority of etcd's certificates.",
  'etcd.tls.cert': "File with the daemon's certificate for etcd.",
  'etcd.tls.key': 'File with its key.',
  dataDir: 'Directory of the embedded store (--embedded). Default: sm-data next to this file.',
  'embedded.host':
    'Address the store listens on. Default 127.0.0.1; anything but loopback needs embedded.tls or etcd.username.',
  'embedded.port': 'Port of the store. Default 2379.',
  'embedded.auth':
    'password: the store asks for the password in its data directory, which processes of the same user find by themselves. none: the store asks for no password. Default: password, but none for data directories of older versions.',
  'embedded.quotaBytes':
    'Size in bytes above which writes are refused. Default: 2 GiB, or half of the heap where that is less.',
  'embedded.tls.ca': 'File with the authority of the certificates that clients must show.',
  'embedded.tls.cert': 'File with the certificate of the store; needs etcd.tls.ca.',
  'embedded.tls.key': 'File with its key.',
  auth: 'none: anybody who can reach the port may do everything.',
  'auth.tokenFile':
    'File with one line per token, at most 200: NAME ROLE [APPS] HASH as printed by sm token create. Lines of the old form TOKEN or NAME TOKEN (43 characters or more) may do everything. Read again when it changes.',
  filePermissions:
    'strict: files with secrets are refused if they belong to another user than that of the daemon or root, or if anybody but their owner and a group of the daemon may read them; a data directory is refused if others may write to it. any: none of that is checked.',
  'tls.cert': 'File with the certificate of the admin API. Read again when it changes.',
  'tls.key': 'File with its key.',
  'tls.ca':
    'File with the CA that signed the certificates of the daemons, used for calls between daemons. Default: the CAs of the system. Read again when it changes.',
  'tls.clientCa':
    'File with the CA of client certificates. Calls without a certificate signed by it are refused, except probes. Read again when it changes.',
  'tls.clientRoles':
    'File with lines NAME ROLE [APPS]: the role of a certificate with that common name, DNS name or URI. If a call also sends a bearer token, the role of the token counts. Read again when it changes.',
  'log.level': 'debug, info, warn or error. Default info. Reloaded on SIGHUP.',
  'log.format': 'json or text. Default json.',
  'audit.file':
    'File to which this daemon adds a JSON line for each audit entry that it writes, whatever log.level is. Made for its owner alone. Opened again on SIGHUP. Default: none; the lines are in the log (level info).',
  'heartbeat.ttlMs': 'T of the daemon, ms, 3000-60000. Default 10000.',
  shutdownTimeoutMs: 'Time limit of a graceful shutdown, in ms. Default 15000.',
  containerNetworks:
    'List of networks such as 10.0.0.0/8: containers outside of them are not called. Default: all addresses except link-local, metadata and multicast, and loopback unless the daemon itself listens there.',
  'containerTls.ca':
    'File with the CA that signed the certificates of containers that speak TLS. Default: tls.ca, else the CAs of the system. Read again when it changes.',
  'containerTls.cert':
    'File with the certificate that this daemon shows to containers that ask for one. Read again when it changes.',
  'containerTls.key': 'File with its key.',
  'containerTls.required':
    'true: containers without TLS are not called, and get no shards. Push containers have no TLS. Default false.',
  'quota.apps': 'Maximum number of apps. Default 1000. All quotas are reloaded on SIGHUP.',
  'quota.shards': 'Maximum number of shards of all apps together. Default 1000000.',
  'quota.containers': 'Maximum number of containers of all apps together. Default 20000.',
  'quota.specBytes': 'Maximum size of the ids and tasks of all shards, in bytes. Default 1 GiB.',
  'quota.groups': 'Maximum number of groups and worker groups of all apps together. Default 10000.',
  'quota.pushSessions': 'Maximum number of push containers of all apps together. Default 5000.',
  'quota.callsPerSecond':
    'Maximum number of calls per second that this daemon answers. Default 5000.',
  compaction: 'auto or off: whether the leader compacts etcd. Default auto.',
};

/** @throws SmError NOT_FOUND with the nearest path. */
export function explain(path: string): Explanation {
  const [root = '', ...rest] = path.split('.').map((part) => part.replace(/\[\d*\]$/, ''));
  if (root === 'apps') return explainApps(path, rest);
  if (root === 'config') return explainConfig(rest.join('.'));
  throw unknown(path, ['apps', 'config']);
}

export function appsSchema(): JsonSchema {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'apps.yml of sm',
    ...schemaOf(APPS_SHAPE),
  };
}

export function configSchema(): JsonSchema {
  const properties: JsonSchema = {};
  for (const path of SETTINGS.keys()) {
    const parts = path.split('.');
    let level = properties;
    for (const part of parts.slice(0, -1)) {
      const known = (level[part] ??= {}) as JsonSchema;
      level = (known['properties'] ??= {}) as JsonSchema;
      known['additionalProperties'] = false;
    }
    const leaf = (level[parts.at(-1) ?? ''] ??= {}) as JsonSchema;
    leaf['description'] = SETTING_NOTES[path] ?? '';
  }
  const required = [...SETTINGS].filter(([, setting]) => setting.required).map(([path]) => path);
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'configuration of sm serve',
    ...{type: 'object', properties, required, additionalProperties: false},
  };
}

function explainApps(path: string, parts: readonly string[]): Explanation {
  let field: Field = {shape: APPS_SHAPE, summary: 'The apps of a file, see examples/apps.yml.'};
  for (const part of ['apps', ...parts]) {
    const fields = fieldsOf(field.shape);
    const next = Object.hasOwn(fields, part) ? fields[part] : undefined;
    if (next === undefined) throw unknown(path, Object.keys(fields));
    field = next;
  }
  return {
    path,
    type: typeOf(field.shape),
    summary: field.summary,
    required: field.required ?? false,
    fallback: field.fallback === undefined ? '' : JSON.stringify(field.fallback),
    keys: Object.entries(fieldsOf(field.shape)).map(([name, {summary}]) => ({name, summary})),
  };
}

function explainConfig(path: string): Explanation {
  const below = [...SETTINGS.keys()].filter((known) => path === '' || known.startsWith(`${path}.`));
  const keys = below.map((name) => ({name, summary: SETTING_NOTES[name] ?? ''}));
  const setting = SETTINGS.get(path);
  const known = path === '' || setting !== undefined || SECTIONS.has(path);
  if (!known) throw unknown(`config.${path}`, [...SETTINGS.keys()]);
  const summary = path === '' ? 'Configuration of sm serve, see sample.yml.' : SETTING_NOTES[path];
  return {
    path: path === '' ? 'config' : `config.${path}`,
    type: setting === undefined ? 'map' : 'setting',
    summary: summary ?? '',
    required: setting?.required ?? false,
    fallback: '',
    keys,
  };
}

/** Keys of a map, also of the maps that a list or a table holds. */
function fieldsOf(shape: Shape): Readonly<Record<string, Field>> {
  if (shape.kind === 'map') return shape.fields;
  if (shape.kind === 'list' || shape.kind === 'table') return fieldsOf(shape.of);
  return shape.kind === 'either' ? shape.map.fields : {};
}

function typeOf(shape: Shape): string {
  switch (shape.kind) {
    case 'list':
      return `list of ${typeOf(shape.of)}`;
    case 'table':
      return `map of ${typeOf(shape.of)} by name`;
    case 'count':
      return `whole number, 0-${shape.most}`;
    case 'number':
      return `${shape.whole ? 'whole ' : ''}number, ${shape.least} to ${shape.most}`;
    case 'word':
      return shape.of.join(' or ');
    case 'flag':
      return 'true or false';
    case 'either':
      return 'text or map';
    default:
      return shape.kind;
  }
}

function schemaOf(shape: Shape): JsonSchema {
  switch (shape.kind) {
    case 'map': {
      const fields = Object.entries(shape.fields);
      const properties = fields.map(([name, {shape: inner, summary, fallback}]) => [
        name,
        {
          ...schemaOf(inner),
          description: summary,
          ...(fallback === undefined ? {} : {default: fallback}),
        },
      ]);
      const required = fields.filter(([, field]) => field.required).map(([name]) => name);
      return {
        ...{type: 'object', properties: Object.fromEntries(properties)},
        ...{required, additionalProperties: false},
      };
    }
    case 'list':
      return {type: 'array', items: schemaOf(shape.of)};
    case 'table':
      return {type: 'object', additionalProperties: schemaOf(shape.of)};
    case 'count':
      return {type: 'integer', minimum: 0, maximum: shape.most};
    case 'number':
      return {
        type: shape.whole ? 'integer' : 'number',
        ...{minimum: shape.least, maximum: shape.most},
      };
    case 'word':
      return {enum: [...shape.of]};
    case 'flag':
      return {type: 'boolean'};
    case 'either':
      return {anyOf: [schemaOf(shape.text), schemaOf(shape.map)]};
    case 'text':
      return {type: 'string'};
  }
}

function unknown(path: string, known: readonly string[]): SmError {
  const last = path.split('.').at(-1) ?? '';
  const near = nearestWords(last, known);
  return new SmError('NOT_FOUND', `there is no key ${JSON.stringify(path)}`, {
    hint: `${near.length === 0 ? 'keys there' : 'did you mean'}: ${(near.length === 0 ? known : near).join(', ')}`,
  });
}
