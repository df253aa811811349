/** Everything that has a secret in it, printed in every way there is: logs, errors, util.inspect, JSON, messages between threads. */
import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {format, inspect} from 'node:util';
import {serialize} from 'node:v8';
import {afterAll, describe, expect, it} from 'vitest';
import {AdminClient} from '../../src/admin/index.ts';
import {parseConfig} from '../../src/config/index.ts';
import {connect} from '../../src/container/connections.ts';
import {JoinedContainer} from '../../src/container/joined-container.ts';
import {checkJoinOptions} from '../../src/container/options.ts';
import {SecretsWatch, readSecrets} from '../../src/container/secrets.ts';
import {Authenticator as StoreAuthenticator} from '../../src/embedded/auth.ts';
import {SmError} from '../../src/model/errors.ts';
import {createLogger, silentLogger} from '../../src/runtime/logger.ts';
import {Credentials} from '../../src/server/credentials.ts';
import {Authenticator} from '../../src/server/http/authentication.ts';
import {EtcdStore} from '../../src/store/etcd-store.ts';
import {Authority} from '../support/certificates.ts';
import {ownFolder} from '../support/own-folder.ts';

const folder = ownFolder('printed');
const authority = new Authority();
afterAll(() => authority.remove());

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text, {mode: 0o600});
  return path;
}

const PASSWORD = 'canary-password';
const TOKEN = `canary-token-${'t'.repeat(43)}`;
const issued = authority.issue('daemon', 'IP:127.0.0.1');
const key = readFileSync(issued.key, 'utf8');
const tls = `{cert: ${issued.cert}, key: ${issued.key}, ca: ${issued.ca}}`;
const config = parseConfig(
  [
    ...['service: s', 'port: 1', 'endpoints: ["https://127.0.0.1:1"]', 'etcdPrefix: /sm'],
    `etcd: {username: u, passwordFile: ${file('password', PASSWORD)}, tls: ${tls}}`,
    ...[`auth: {tokenFile: ${file('tokens', `ops ${TOKEN}\n`)}}`, `tls: ${tls}`, ''],
  ].join('\n'),
  'f.yml',
);

/** As text, as bytes in hex or numbers, in base64: what of a secret might be seen. */
const TRACES = [PASSWORD, TOKEN, key.split('\n')[1] ?? '', 'PRIVATE KEY'].flatMap((secret) => {
  const bytes = Buffer.from(secret);
  const hex = bytes.toString('hex');
  return [secret, hex, hex.replace(/..(?=.)/g, '$& '), bytes.join(','), bytes.toString('base64')];
});

/** JSON of what holds itself, clocks and functions. */
function json(value: unknown): string {
  const seen = new WeakSet<object>();
  return JSON.stringify(value, (_name, inner: unknown) => {
    if (typeof inner === 'bigint') return String(inner);
    if (typeof inner !== 'object' || inner === null) return inner;
    if (seen.has(inner)) return undefined;
    seen.add(inner);
    return inner instanceof Map ? [...inner] : inner;
  });
}

function logged(value: unknown): string {
  let text = '';
  const destination = {write: (line: string) => void (text += line)};
  const logger = createLogger({level: 'debug', destination});
  logger.error({value, error: value}, 'printed');
  return text;
}

function printed(value: object): string[] {
  const error = new SmError('INTERNAL', `failed: ${format('%s', value)}`, {cause: value});
  const cloned = (): string => {
    try {
      return serialize(value).toString('latin1');
    } catch {
      // Functions cannot be sent to another thread at all.
      return '';
    }
  };
  return [
    ...[inspect(value, {depth: 20, showHidden: true, maxArrayLength: 10_000}), inspect(value)],
    ...[format('%o %O %j', value, value, {}), json(value), json({...value}), cloned()],
    ...[inspect(error, {depth: 20}), String(error.stack), json(error), String(value)],
    logged(json(value)),
  ];
}

async function things(): Promise<[string, object][]> {
  const credentials = new Credentials(config);
  credentials.check();
  const http = credentials.forHttp();
  credentials.reload();
  const etcd = credentials.forEtcd();
  const lines = http.tokens === 'none' || http.tokens === undefined ? () => [] : http.tokens;
  const tokens = new Authenticator(lines);
  expect(await tokens.grantOf(TOKEN, '127.0.0.1')).toMatchObject({name: 'ops'});
  const store = new StoreAuthenticator({name: 'u', password: PASSWORD}, () => 0);
  const storeToken = store.authenticate('u', PASSWORD);
  TRACES.push(storeToken);
  const shown = {cert: readFileSync(issued.cert), key: Buffer.from(key)};
  const login = {username: 'u', password: PASSWORD, tls: shown};
  const secrets = await readSecrets(login);
  const watch = new SecretsWatch({
    ...{login, first: secrets, onChange: () => undefined, logger: silentLogger},
  });
  const options = {app: 'a', endpoints: ['https://127.0.0.1:1'], etcd: login, tls: shown};
  const joining = checkJoinOptions(options);
  const hooks = {add: () => undefined, drop: () => undefined};
  const container = new JoinedContainer(joining, await connect(joining), hooks);
  await container.abandon();
  const proxy = `http://u:${PASSWORD}@proxy.example.org:3128`;
  const client = new AdminClient({server: 'http://127.0.0.1:1', proxy});
  const stored = new EtcdStore(etcd);
  await stored.close();
  return [
    ['a configuration', config],
    ['the credentials of a daemon', credentials],
    ['what its HTTP server gets', http],
    ['its login at etcd', etcd],
    ['its lines of tokens', lines() as object],
    ['who checks tokens', tokens],
    ['who checks the password of the embedded store', store],
    ['a store', stored],
    ['secrets of a container', secrets],
    ['who renews them', watch],
    ['a container', container],
    ['a client behind a proxy', client],
  ];
}

describe('a secret is not seen in', () => {
  it('anything that has it, however that is printed', async () => {
    for (const [name, thing] of await things())
      for (const [way, text] of printed(thing).entries())
        for (const trace of TRACES)
          if (text.includes(trace)) expect.soft(`${name}, way ${way}`).toBe('without a secret');
  });

  it('and would be found if it were plain text, in each of these ways', () => {
    const plain = printed({password: PASSWORD, inside: [{key: Buffer.from(key)}]});
    const seen = plain.filter((text) => TRACES.some((trace) => text.includes(trace)));
    expect(seen.length).toBeGreaterThanOrEqual(plain.length - 4);
  });
});
