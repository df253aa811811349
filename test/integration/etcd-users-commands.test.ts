/** Commands that run containers, on an etcd with users: they log in by the means of the other commands. */
import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {parseConfig} from '../../src/config/index.ts';
import {AdminClient} from '../../src/admin/index.ts';
import {silentLogger} from '../../src/runtime/logger.ts';
import {serve} from '../../src/server/index.ts';
import type {Daemon} from '../../src/server/index.ts';
import {TTL_MS} from '../support/cluster.ts';
import {CommandProcess, sm} from '../support/command.ts';
import {LACKS, startEtcd} from '../support/etcd-process.ts';
import type {EtcdProcess} from '../support/etcd-process.ts';
import {freePorts} from '../support/free-ports.ts';
import {ROOT, roleLogin} from '../support/least-rights.ts';
import {ownFolder} from '../support/own-folder.ts';
import {LONG_MS, until} from '../support/until.ts';

const SERVICE = 'sm.test';
const ENDS_AFTER_S = [10, 40, 100];
const folder = ownFolder('users');
let etcd: EtcdProcess;
let daemon: Daemon;
let admin: AdminClient;

/** A configuration that logs in as the daemons, or as the containers of the app. */
async function configuration(port: number, app?: string): Promise<string> {
  const {username, passwordFile} = await roleLogin(etcd, '/sm', SERVICE, app);
  return [
    `service: ${SERVICE}`,
    `port: ${port}`,
    `endpoints: [${JSON.stringify(etcd.endpoint)}]`,
    'etcdPrefix: /sm',
    `heartbeat: {ttlMs: ${TTL_MS}}`,
    `etcd: {username: ${username}, passwordFile: ${JSON.stringify(passwordFile)}}`,
    '',
  ].join('\n');
}

async function configFile(app: string): Promise<string> {
  const file = join(folder, `${app}.yml`);
  writeFileSync(file, await configuration(1, app));
  return file;
}

beforeAll(async () => {
  if (LACKS.roles) return;
  etcd = await startEtcd({user: ROOT});
  const [port = 0] = await freePorts(1);
  const logger = silentLogger;
  daemon = await serve(parseConfig(await configuration(port), 'test.yml'), {
    ...{logger, version: 'test'},
  });
  admin = new AdminClient({server: `http://${daemon.address}`});
  await daemon.ready;
  await admin.call('addSpec', {service: 'orders'});
});

afterAll(async () => {
  admin?.close();
  await daemon?.abandon();
  await etcd?.stop();
});

async function joins(...login: readonly string[]): Promise<void> {
  const container = new CommandProcess('container', 'run', '-a', 'orders', '--id', 'c1', ...login);
  const isReady = (): boolean => container.stdout.includes('"event":"ready"');
  await until(
    () => isReady() || container.exited,
    LONG_MS,
    () => container.output,
  );
  expect(isReady(), container.output).toBe(true);
  expect(await container.end('SIGTERM')).toBe(0);
}

describe.skipIf(LACKS.roles)('on an etcd with users', () => {
  it('a sample container joins as the user of its flags', async () => {
    const {username, passwordFile} = await roleLogin(etcd, '/sm', SERVICE, 'orders');
    const login = ['--username', username, '--password-file', passwordFile];
    await joins('--endpoints', etcd.endpoint, ...login);
  });

  it('a sample container joins as the user of the configuration', async () => {
    await joins('--config-file', await configFile('orders'));
  });

  it('a flag goes before the configuration', async () => {
    const {username, passwordFile} = await roleLogin(etcd, '/sm', SERVICE, 'orders');
    const login = ['--username', username, '--password-file', passwordFile];
    await joins('--config-file', await configFile('search'), ...login);
  });

  it('a wrong password is named, and the exit code says that access is denied', async () => {
    const {username} = await roleLogin(etcd, '/sm', SERVICE, 'orders');
    const file = join(folder, 'wrong');
    writeFileSync(file, 'wrong\n', {mode: 0o600});
    const place = ['--endpoints', etcd.endpoint, '--username', username];
    const ran = await sm('container', 'run', '-a', 'orders', ...place, '--password-file', file);
    expect(ran.exit, ran.stderr).toBe(5);
    expect(ran.stderr).toContain('etcd refuses the login');
  });

  it('a canary measures as the user of the configuration', async () => {
    const file = await configFile('canary');
    const size = ['--containers', '2', '--shards', '2', '--ttl-ms', String(TTL_MS)];
    const place = ['--server', `http://${daemon.address}`, '--config-file', file];
    let passes = 0;
    let said = '';
    for (const seconds of ENDS_AFTER_S) {
      if (passes > 0) break;
      const ran = await sm('canary', ...place, ...size, '--duration', `${seconds}s`, '-o', 'json');
      said = ran.stderr;
      expect([0, 7], said).toContain(ran.exit);
      if (ran.exit === 0)
        ({passes} = (JSON.parse(ran.stdout) as {verdict: {passes: number}}).verdict);
    }
    expect(passes, said).toBeGreaterThan(0);
  });
});
