import {execFile} from 'node:child_process';
import {writeFileSync} from 'node:fs';
import {createServer} from 'node:net';
import type {AddressInfo} from 'node:net';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {loadConfig, parseConfig} from '../../src/config/index.ts';
import {Keys} from '../../src/etcd/keys.ts';
import {encodeRecord} from '../../src/protocol/records.ts';
import type {Logger} from '../../src/runtime/logger.ts';
import {silentLogger} from '../../src/runtime/logger.ts';
import {START_RETRY_MAX_MS} from '../../src/server/limits.ts';
import {serve} from '../../src/server/index.ts';
import {openEtcdStore} from '../../src/store/etcd-store.ts';
import {LONG_MS} from '../support/cluster.ts';
import {DaemonProcess} from '../support/daemon-process.ts';
import {startEtcd} from '../support/etcd-process.ts';
import {daemonLogin, loginLines} from '../support/least-rights.ts';
import {freePorts} from '../support/free-ports.ts';
import {pause} from '../../src/runtime/pause.ts';
import type {EtcdProcess} from '../support/etcd-process.ts';
import {ownFolder} from '../support/own-folder.ts';
import {until} from '../support/until.ts';

const LOOKS_BEGIN_MS = 1_500;
const LONGER_THAN_A_CALL_MS = 7_000;
const BIN = join(import.meta.dirname, '..', '..', 'bin', 'run.js');
let etcd: EtcdProcess;
let folder: string;
let login: string[];

beforeAll(async () => {
  etcd = await startEtcd();
  login = loginLines(await daemonLogin(etcd, '/sm-bad', 'sm.test'));
  folder = ownFolder('bad');
});
afterAll(() => etcd.stop());

function configText(port: number, ...more: readonly string[]): string {
  const lines = ['service: sm.test', `port: ${port}`, `endpoints: [${etcd.endpoint}]`];
  return [...lines, 'etcdPrefix: /sm-bad', 'heartbeat: {ttlMs: 3000}', ...login, ...more, ''].join(
    '\n',
  );
}

interface Outcome {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

function sm(...args: readonly string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    const env = {...process.env, NO_COLOR: '1'};
    execFile(process.execPath, [BIN, ...args], {env}, (error, stdout, stderr) => {
      resolve({exit: Number(error?.code ?? 0), stdout, stderr});
    });
  });
}

describe('a configuration file that is wrong', () => {
  const base = 'service: a\nport: 1\nendpoints: ["h:1"]\netcdPrefix: /sm\n';
  const wrong: [string, string, string[]][] = [
    ['an unknown key', `${base}colour: red\n`, ['f.yml:5:1: unknown setting "colour"']],
    [
      'a mistyped key, with the nearest one',
      'service: a\nprot: 1\nendpoints: ["h:1"]\netcdPrefix: /sm\n',
      ['f.yml:2:1: unknown setting "prot", did you mean port?', 'f.yml:1:1: port is missing'],
    ],
    [
      'a mistyped key in a section',
      `${base}heartbeat:\n  ttlms: 5000\n`,
      ['f.yml:6:3: unknown setting "heartbeat.ttlms", did you mean heartbeat.ttlMs?'],
    ],
    [
      'a value of the wrong type',
      base.replace('port: 1', 'port: "x"'),
      ['f.yml:2:7: port is not a whole number from 1 to 65535'],
    ],
    [
      'a T out of range',
      `${base}heartbeat: {ttlMs: 100}\n`,
      ['f.yml:5:20: heartbeat.ttlMs is not a whole number from 3000 to 60000'],
    ],
    ['the same key twice', `${base}port: 2\n`, ['f.yml:5:1: ']],
    ['no YAML', 'service: [\n', ['f.yml:']],
    ['a list', '- a\n', ['f.yml:1:1: the file is not a map of settings']],
    ['an open port without auth', `${base}host: 0.0.0.0\n`, ['f.yml:5:7: host 0.0.0.0 is not']],
  ];
  it.each(wrong)('%s is named with its place', (_name, text, faults) => {
    for (const fault of faults) expect(() => parseConfig(text, 'f.yml')).toThrow(fault);
  });

  it('is refused by the command line with exit 2, also by --check', async () => {
    const file = join(folder, 'bad.yml');
    writeFileSync(file, 'service: a\nprot: 1\n');
    for (const check of [[], ['--check']]) {
      const {exit, stderr} = await sm('serve', '--config-file', file, ...check);
      expect({exit, stderr}).toMatchObject({
        exit: 2,
        stderr: expect.stringContaining('did you mean port?') as string,
      });
    }
  });

  it('is refused when it is not there, a folder, or too large', () => {
    const large = join(folder, 'large.yml');
    writeFileSync(large, `#${'x'.repeat(1024 * 1024)}\n`);
    expect(() => loadConfig(join(folder, 'none.yml'))).toThrow(/cannot be read: ENOENT/);
    expect(() => loadConfig(folder)).toThrow(/is not a plain file/);
    expect(() => loadConfig(large)).toThrow(/larger than 1048576 bytes/);
  });
});

describe('a file of secrets that cannot be used', () => {
  const files: [string, string[]][] = [
    ['no file of tokens', ['auth: {tokenFile: /nowhere/tokens}']],
    ['no certificate in it', ['tls: {cert: package.json, key: package.json}']],
  ];
  it.each(files)('%s ends the daemon, whether etcd answers or not', async (_name, lines) => {
    const [port = 0] = await freePorts(1);
    const away = configText(port, ...lines).replace(etcd.endpoint, '127.0.0.1:1');
    for (const text of [configText(port, ...lines), away]) {
      const daemon = new DaemonProcess(text);
      try {
        expect(await daemon.exited()).toBe(2);
        expect(daemon.output).toMatch(/INVALID_CONFIG/);
      } finally {
        await daemon.end();
      }
    }
  });
});

describe('a store that cannot be used', () => {
  it('etcd away at the start: it says so ever more rarely, and starts within seconds of etcd however long that took', async () => {
    const away = await startEtcd();
    // The same user, with the rights of the same prefix.
    await daemonLogin(away, '/sm-bad', 'sm.test');
    await away.kill();
    const reported: {attempt: number; retryInMs: number}[] = [];
    const others: string[] = [];
    const logger: Logger = {
      ...silentLogger,
      warn: (fields, message) => {
        if (message === 'etcd is not reachable: waiting')
          reported.push(fields as (typeof reported)[number]);
        else others.push(message);
      },
      error: (_fields, message) => void others.push(message),
      child: () => logger,
    };
    const [port = 0] = await freePorts(1);
    const config = {...parseConfig(configText(port), 'f.yml'), endpoints: [away.endpoint]};
    const starting = serve(config, {logger, version: 'test'});
    // With pauses that double without end the last one would be of eight seconds.
    await until(() => reported.some(({attempt}) => attempt === 4), LONG_MS, 'it tries five times');
    await away.restart();
    const daemon = await starting;
    await daemon.ready;
    expect(reported.slice(0, 4).map(({attempt}) => attempt)).toEqual([0, 1, 2, 4]);
    for (const {retryInMs} of reported) expect(retryInMs).toBeLessThanOrEqual(START_RETRY_MAX_MS);
    expect(others).toEqual([]);
    await daemon.shutdown();
    await away.stop();
  });

  it('etcd away: commands and containers end with exit 6 and say what is away', async () => {
    const [nobody = 0] = await freePorts(1);
    const server = await sm('status', '--server', `http://127.0.0.1:${nobody}`);
    expect(server).toMatchObject({exit: 6});
    expect(server.stderr).toMatch(/cannot be reached/);
    const args = ['container', 'run', '-a', 'orders', '--endpoints', `127.0.0.1:${nobody}`];
    const container = await sm(...args);
    expect(container).toMatchObject({exit: 6});
    expect(container.stderr).toMatch(/STORE_UNAVAILABLE/);
  });

  it('a wrong etcd password ends the start with STORE_AUTH', async () => {
    const guarded = await startEtcd({user: {name: 'root', password: 'right'}});
    try {
      const [port = 0] = await freePorts(1);
      const passwordFile = join(folder, 'password');
      const base = parseConfig(configText(port), 'f.yml');
      const config = {
        ...base,
        endpoints: [guarded.endpoint],
        etcd: {username: 'root', passwordFile},
      };
      writeFileSync(passwordFile, 'wrong\n', {mode: 0o600});
      const start = (): ReturnType<typeof serve> =>
        serve(config, {logger: silentLogger, version: 'test'});
      await expect(start()).rejects.toMatchObject({code: 'STORE_AUTH'});
      writeFileSync(passwordFile, 'right\n', {mode: 0o600});
      const daemon = await start();
      await daemon.ready;
      await daemon.shutdown();
    } finally {
      await guarded.stop();
    }
  });
});

/** A daemon's configuration for a prefix that holds nothing yet, and a store to write there. */
async function cleanPlace(prefix: string) {
  const [port = 0] = await freePorts(1);
  const lines = loginLines(await daemonLogin(etcd, prefix, 'sm.test'));
  const text = configText(port).replace(login.join(''), lines.join(''));
  const config = {...parseConfig(text, 'f.yml'), etcdPrefix: prefix};
  const store = openEtcdStore({endpoints: config.endpoints});
  return {config, store, keys: new Keys(prefix, 'sm.test')};
}

describe('a loopback address beside a daemon of another machine', () => {
  it('is refused at the start, and leaves no key of it', async () => {
    const {config, keys, store} = await cleanPlace('/sm-elsewhere');
    const daemon = {v: 1, container: '10.9.9.9:8801', bootId: 'another', state: 'ready'};
    let beats = 0;
    const beat = (): void => {
      const value = encodeRecord({...daemon, ttlMs: 3_000, nonce: String((beats += 1))});
      const then = [{op: 'put', key: keys.heartbeat('sm.test', 'daemon2'), value}] as const;
      void store.transact({compares: [], then});
    };
    const timer = setInterval(beat, 100);
    try {
      await until(() => beats > 2, LONG_MS, 'the other daemon beats');
      const start = serve(config, {logger: silentLogger, version: 'test'});
      await expect(start).rejects.toMatchObject({
        code: 'INVALID_CONFIG',
        hint: expect.stringContaining('set advertise') as string,
      });
      const {entries} = await store.list([keys.heartbeatPrefix('sm.test')]);
      expect(entries).toHaveLength(1);
    } finally {
      clearInterval(timer);
      await store.close();
    }
  });
});

describe('an etcd that falls silent in the middle of a start', () => {
  it('is waited for, as one that is away from the beginning', async () => {
    const {config, keys, store} = await cleanPlace('/sm-silent');
    // The record of a daemon that is dead: the start looks for half its T whether it is renewed.
    const dead = {v: 1, container: '10.9.9.9:8801', bootId: 'another', state: 'ready'};
    const value = encodeRecord({...dead, ttlMs: 10_000, nonce: '1'});
    const key = keys.heartbeat('sm.test', 'daemon2');
    await store.transact({
      ...{compares: []},
      then: [{op: 'put', key, value}],
    });
    await store.close();
    const start = serve(config, {logger: silentLogger, version: 'test'});
    await pause(LOOKS_BEGIN_MS);
    await etcd.pause();
    await pause(LONGER_THAN_A_CALL_MS);
    etcd.resume();
    const daemon = await start;
    await daemon.shutdown();
  });
});

describe('a port that is taken', () => {
  it('ends the daemon with PORT_TAKEN and leaves no key of it', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const {port} = taken.address() as AddressInfo;
    const daemon = new DaemonProcess(configText(port));
    try {
      expect(await daemon.exited()).toBe(4);
      expect(daemon.output).toMatch(/PORT_TAKEN/);
      expect(daemon.output).toContain(String(port));
    } finally {
      await daemon.end();
      await new Promise((resolve) => taken.close(resolve));
    }
  });

  it('an address of another machine ends it, with the key to set', async () => {
    const [port = 0] = await freePorts(1);
    const more = 'host: 203.0.113.7\nauth: none\nadvertise: 203.0.113.7:8801\n';
    const daemon = new DaemonProcess(`${configText(port)}${more}`);
    try {
      expect(await daemon.exited()).toBe(2);
      expect(daemon.output).toContain('INVALID_CONFIG');
      expect(daemon.output).toContain('fix: set host to an address of this machine');
    } finally {
      await daemon.end();
    }
  });

  it('a second daemon under the address of a living one does not start', async () => {
    const [port = 0] = await freePorts(1);
    const config = parseConfig(configText(port), 'f.yml');
    const dependencies = {logger: silentLogger, version: 'test'};
    const first = await serve(config, dependencies);
    await first.ready;
    await expect(serve(config, dependencies)).rejects.toMatchObject({code: 'PORT_TAKEN'});
    await first.shutdown();
  });
});
