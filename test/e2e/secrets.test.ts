/**
 * Marked secrets through a daemon with its store, a container and the command line, at the most talkative level: what any of them says holds none.
 * All processes run without __proto__.
 */
import {spawn} from 'node:child_process';
import type {ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {existsSync, readFileSync, readdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, it} from 'vitest';
import {openEtcdStore} from '../../src/store/etcd-store.ts';
import {Keys} from '../../src/etcd/keys.ts';
import {bundled} from '../support/bundle.ts';
import {Authority} from '../support/certificates.ts';
import {BIN} from '../support/cli-process.ts';
import {freePorts} from '../support/free-ports.ts';
import {ownFolder} from '../support/own-folder.ts';
import {LONG_MS, until} from '../support/until.ts';

const folder = ownFolder('secrets');
const authority = new Authority();
const children: Child[] = [];

/** By what it is. Those that sm makes itself are found out while it runs. */
const secrets = new Map<string, string>([
  ['password of the store', 'canary-password-of-the-store'],
  ['token of an administrator', `canary-admin-${'a'.repeat(43)}`],
  ['token that is not valid', `canary-wrong-${'w'.repeat(43)}`],
  ['wrong password', 'canary-wrong-password'],
]);

class Child {
  output = '';
  readonly process: ChildProcess;

  constructor(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const argv = ['--disable-proto=throw', ...args];
    this.process = spawn(process.execPath, argv, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {PATH: process.env['PATH'] ?? '', HOME: folder, NO_COLOR: '1', ...env},
    });
    children.push(this);
    for (const stream of [this.process.stdout, this.process.stderr])
      stream?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
  }

  says(text: string): Promise<unknown> {
    return until(
      () => this.output.includes(text),
      LONG_MS,
      () => `${text}: ${this.output}`,
    );
  }

  /** What the system shows of it to others. */
  get shown(): string {
    const pid = String(this.process.pid);
    return ['cmdline', 'environ']
      .map((file) => `/proc/${pid}/${file}`)
      .map((path) => (existsSync(path) ? readFileSync(path, 'utf8') : ''))
      .join('\n');
  }

  async ended(): Promise<number | null> {
    const {process: child} = this;
    if (child.exitCode === null && child.signalCode === null) await once(child, 'close');
    return child.exitCode;
  }
}

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content, {mode: 0o600});
  return path;
}

const said: [string, string][] = [];
let daemon: Child;
let server = '';
let storePort = 0;
const tls = authority.issue('daemon', 'IP:127.0.0.1');
const passwordFile = file('password', secrets.get('password of the store') ?? '');
const tokenFile = file('token', secrets.get('token of an administrator') ?? '');

/** Runs a command of sm; its output and what the system shows of it are kept. */
async function sm(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<number | null> {
  const child = new Child([BIN, ...args], {
    ...{SM_SERVER: server, SM_TOKEN_FILE: tokenFile, SM_CA_FILE: tls.ca},
    ...env,
  });
  said.push([`sm ${args.join(' ')}: as others see it`, child.shown]);
  const exit = await child.ended();
  said.push([`sm ${args.join(' ')}`, child.output]);
  return exit;
}

function join_(login: object, id: string): Child {
  const options = {app: 'orders', id, endpoints: [`127.0.0.1:${storePort}`], etcd: login};
  const script = bundled(join(import.meta.dirname, '..', 'support', 'secret-container.ts'));
  return new Child([script, JSON.stringify(options)]);
}

beforeAll(async () => {
  const [port = 0, store = 0] = await freePorts(2);
  storePort = store;
  server = `https://127.0.0.1:${port}`;
  const key = readFileSync(tls.key, 'utf8');
  secrets.set('key of a certificate', key.split('\n')[1] ?? '');
  const config = file(
    'sm.yml',
    [
      ...['service: sm.test', `port: ${port}`, 'etcdPrefix: /sm', 'log: {level: debug}'],
      `etcd: {username: sm, passwordFile: ${passwordFile}}`,
      `embedded: {port: ${storePort}}`,
      `auth: {tokenFile: ${tokenFile}}`,
      ...[`tls: {cert: ${tls.cert}, key: ${tls.key}, ca: ${tls.ca}}`, ''],
    ].join('\n'),
  );
  const data = join(folder, 'data');
  daemon = new Child([BIN, 'serve', '--config-file', config, '--embedded', '--data-dir', data]);
  await daemon.says('"msg":"ready"');
});

afterAll(async () => {
  for (const {process: child} of children) child.kill('SIGKILL');
  authority.remove();
});

it('nothing that daemon, container and command line say holds a secret', async () => {
  expect(await sm(['app', 'create', 'orders', '--reason', 'a test'])).toBe(0);
  expect(await sm(['shard', 'add', '-a', 'orders', 's1', 's2'])).toBe(0);
  const container = join_({username: 'sm', password: {file: passwordFile}}, 'c1');
  await container.says('ready ');
  expect(await sm(['wait', 'app/orders', '--for', 'ready'])).toBe(0);
  await keysOfTheApp();

  // Every way to look, and every way to fail.
  for (const args of [
    ...[['status'], ['doctor', '--json'], ['config', 'view', '--json'], ['events', '-a', 'orders']],
    ...[
      ['app', 'get', 'orders', '--json'],
      ['shard', 'why', '-a', 'orders', 's1'],
    ],
    ...[
      ['export', '-a', 'orders'],
      ['container', 'get', '-a', 'orders', 'c1', '--json'],
    ],
  ])
    await sm(args);
  const wrong = file('wrong', secrets.get('token that is not valid') ?? '');
  expect(await sm(['status'], {SM_TOKEN_FILE: wrong})).toBe(5);
  expect(await sm(['status', '--server', 'http://192.0.2.1:1'])).toBe(2);
  const stranger = join_({username: 'sm', password: secrets.get('wrong password')}, 'c2');
  await stranger.ended();
  expect(stranger.output).toContain('failed');
  await looks();
  container.process.kill('SIGUSR2');
  await container.says('dumped');

  // A token file that is broken is refused, with its line in sight of nobody.
  writeFileSync(tokenFile, `${secrets.get('token of an administrator')?.slice(0, 20)}\n`);
  daemon.process.kill('SIGHUP');
  await daemon.says('refused');
  said.push(['the daemon as others see it', daemon.shown], ['the container', container.shown]);
  container.process.kill('SIGTERM');
  expect(await container.ended()).toBe(0);
  daemon.process.kill('SIGTERM');
  expect(await daemon.ended()).toBe(0);

  said.push(['log of the daemon', daemon.output], ['container', container.output]);
  said.push(['container with a wrong password', stranger.output]);
  expect(secrets.size).toBeGreaterThanOrEqual(6);
  const found = said.flatMap(([where, text]) =>
    [...secrets]
      .filter(([, secret]) => text.includes(secret))
      .map(([what]) => `${what} in: ${where}`),
  );
  expect(found).toEqual([]);
  // What is no secret is found: each of them has been heard.
  const heard = said.map(([, text]) => text).join('\n');
  for (const word of ['a test', 'orders', 'UNAUTHENTICATED', 'sm_app_', 'dumped', '***'])
    expect(heard).toContain(word);
  expect(daemon.output).toMatch(/"operation":"addSpec".*"reason":"a test".*"msg":"audit"/);
  // What the stores' files hold is for the daemon alone.
  expect(readdirSync(folder)).toContain('data');
});

/** The keys that sign calls, as the store has them. */
async function keysOfTheApp(): Promise<void> {
  const store = openEtcdStore({
    endpoints: [`127.0.0.1:${storePort}`],
    username: 'sm',
    password: secrets.get('password of the store') ?? '',
  });
  try {
    const key = new Keys('/sm', 'sm.test').callKeys('orders');
    const value = await until(async () => (await store.get(key)).entry?.value, LONG_MS, 'a key');
    const {keys} = JSON.parse(value) as {keys: {secret: string}[]};
    for (const [at, {secret}] of keys.entries()) secrets.set(`key of the app ${at}`, secret);
  } finally {
    await store.close();
  }
}

async function looks(): Promise<void> {
  const {request} = await import('node:https');
  for (const path of ['/metrics', '/readyz', '/openapi.json', '/sm/server/status?x=1', '/none']) {
    const text = await new Promise<string>((resolve, reject) => {
      const headers = {authorization: `Bearer ${secrets.get('token of an administrator')}`};
      const asked = request(`${server}${path}`, {ca: readFileSync(tls.ca), headers}, (reply) => {
        let body = '';
        reply.on('data', (chunk: Buffer) => (body += chunk.toString()));
        reply.on('end', () => resolve(`${JSON.stringify(reply.headers)}${body}`));
      });
      asked.once('error', reject);
      asked.end();
    });
    said.push([path, text]);
  }
}
