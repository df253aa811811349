/** What scripts rely on, for the built command line against a real daemon: one document, the same exit code either way, no escapes. */
import {execFile} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:net';
import type {AddressInfo, Server} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {Cluster, LONG_MS} from '../support/cluster.ts';
import {DaemonProcess} from '../support/daemon-process.ts';
import {freePorts, startEtcd} from '../support/etcd-process.ts';
import type {EtcdProcess} from '../support/etcd-process.ts';
import {until} from '../support/until.ts';

const BIN = join(import.meta.dirname, '..', '..', 'bin', 'run.js');
let etcd: EtcdProcess;
let cluster: Cluster;
let server = '';

beforeAll(async () => {
  etcd = await startEtcd();
  cluster = await Cluster.start({etcd});
  const [daemon] = cluster.daemons;
  server = daemon?.admin.server ?? '';
  await daemon?.admin.call('addSpec', {service: 'orders', maxShardCount: 0, maxRecoveryTime: 0});
});
afterAll(async () => {
  await cluster.stop();
  await etcd.stop();
});

interface Ran {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

function sm(args: readonly string[], to = server): Promise<Ran> {
  const env = {...process.env, SM_SERVER: to, SM_OUTPUT: '', CI: '1'};
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [BIN, ...args], {env}, (_error, stdout, stderr) =>
      resolve({exit: child.exitCode ?? -1, stdout, stderr}),
    );
    child.stdin?.end();
  });
}

/** Arguments and the exit code that is documented for them. */
const CASES: readonly (readonly [string, number])[] = [
  ['status', 0],
  ['version', 0],
  ['app ls', 0],
  ['app get orders', 0],
  ['app get nobody', 3],
  // There is such an app, with another recovery time.
  ['app create orders', 4],
  ['app create or/ders', 2],
  ['app update orders --max-shard-count 5', 0],
  ['app update nobody --max-shard-count 5', 3],
  ['app rm orders', 2],
  ['shard add -a orders s1 s2', 0],
  ['shard add -a nobody s1', 3],
  ['shard ls -a orders', 0],
  ['shard ls -a nobody', 3],
  ['shard get -a orders s1', 0],
  ['shard get -a orders nothing', 3],
  ['shard locate -a orders nothing', 3],
  ['shard rm -a orders s1 --ignore-not-found', 0],
  ['shard rm -a orders nothing', 3],
  ['shard rm -a nobody s1', 3],
  ['container drain -a orders nobody', 3],
  ['container uncordon -a orders nobody', 3],
  ['container run -a nobody --endpoints 127.0.0.1:1', 6],
  ['moves watch -a nobody --timeout 2s', 3],
  ['app rm nobody --confirm nobody', 3],
  ['container ls -a orders', 0],
  ['container get -a orders nobody', 3],
  ['container cordon -a orders nobody', 3],
  ['worker add -a orders pool c1', 0],
  ['worker ls -a orders', 0],
  ['worker rm -a orders pool nobody', 3],
  ['moves ls -a orders', 0],
  ['wait app/orders --for gone --timeout 1s', 7],
  ['wait app/orders --for nonsense', 2],
  ['store accept-restore', 2],
  ['store accept-restore --confirm other', 2],
  ['app ls --no-such-flag', 2],
  ['app', 0],
  ['no-such-command', 2],
];

describe('every command', () => {
  for (const [line, exit] of CASES) {
    it(`${line} exits ${exit} with and without --json`, async () => {
      const args = line.split(' ');
      const plain = await sm(args);
      expect({exit: plain.exit, stderr: plain.stderr}).toMatchObject({exit});
      expect(plain.stdout + plain.stderr).not.toMatch(/\u001b|node_modules|at async/);
      // A topic alone prints its help.
      if (line === 'app') return;
      const json = await sm([...args, '--json']);
      expect(json.exit).toBe(exit);
      const document = JSON.parse(json.stdout) as {error?: {code?: string}};
      if (exit === 0) expect(document.error).toBeUndefined();
      else expect(document.error?.code).toMatch(/^[A-Z_]+$/);
    });
  }
});

describe('serve', () => {
  const lines = (port: number, endpoint: string): string =>
    `service: sm.contract\nport: ${port}\nendpoints: ["${endpoint}"]\netcdPrefix: /contract\n`;
  let folder = '';
  let taken: Server;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sm-contract-'));
    taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const {port} = taken.address() as AddressInfo;
    writeFileSync(join(folder, 'good.yml'), lines(port, etcd.endpoint));
    writeFileSync(join(folder, 'bad.yml'), 'service: a\nprot: 1\n');
  });
  afterAll(async () => {
    rmSync(folder, {recursive: true, force: true});
    await new Promise((resolve) => taken.close(resolve));
  });

  it.each([
    ['a good file is checked', 'good.yml', ['--check'], 0, ''],
    ['a bad file is refused', 'bad.yml', ['--check'], 2, 'INVALID_CONFIG'],
    ['a file that is not there is refused', 'none.yml', [], 2, 'INVALID_CONFIG'],
    ['a taken port ends it', 'good.yml', [], 4, 'PORT_TAKEN'],
  ])('%s, with and without --json', async (_case, file, more, exit, code) => {
    const args = ['serve', '--config-file', join(folder, file), ...more];
    const [plain, json] = await Promise.all([sm(args), sm([...args, '--json'])]);
    expect({exit: plain.exit, stderr: plain.stderr}).toMatchObject({exit});
    expect(plain.stderr).toContain(code);
    expect(json.exit).toBe(exit);
    // Before the document a daemon may have logged.
    const document = JSON.parse(json.stdout.trim().split('\n').at(-1) ?? '') as {
      error?: {code?: string; exit?: number};
    };
    if (exit === 0) expect(document).toMatchObject({kind: 'ConfigCheck', valid: true});
    else expect(document.error).toMatchObject({code, exit});
  });

  it('waits for an etcd that is away, and ends with 6 when it is told to go meanwhile', async () => {
    const [port = 0, nobody = 0] = await freePorts(2);
    const daemon = new DaemonProcess(lines(port, `127.0.0.1:${nobody}`));
    await until(
      () => daemon.lines.some(({msg}) => msg === 'etcd is not reachable: waiting'),
      LONG_MS,
      () => `it waits: ${daemon.output}`,
    );
    expect(await daemon.end('SIGTERM')).toBe(6);
    expect(daemon.output).toContain('STORE_UNAVAILABLE');
    expect(daemon.output).not.toMatch(/node_modules|at async/);
  });
});

describe('the command line', () => {
  it('exits 6 when no daemon answers, and says what to do', async () => {
    const [port] = await freePorts(1);
    const {exit, stderr} = await sm(['app', 'ls'], `http://127.0.0.1:${port}`);
    expect(exit).toBe(6);
    expect(stderr).toContain('sm serve');
  });

  it('names the nearest flags for one that it does not know', async () => {
    const {stderr} = await sm(['container', 'drain', 'c1', '-a', 'orders', '--raeson', 'x']);
    expect(stderr).toContain('--reason');
  });

  it('shows hostile names harmlessly', async () => {
    const {exit, stdout, stderr} = await sm(['app', 'get', 'a\u001b[31m\u202eb']);
    expect(exit).toBe(2);
    expect(stdout + stderr).not.toMatch(/[\u001b\u202e]/);
    expect(stderr).toContain('INVALID_NAME');
  });
});
