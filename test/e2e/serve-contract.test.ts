/** How the built daemon starts, refuses to start, and waits: the same exit code with and without --json. */
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {closeSync, openSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:net';
import type {AddressInfo, Server} from 'node:net';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {BIN, runCli} from '../support/cli-process.ts';
import {LONG_MS} from '../support/cluster.ts';
import {DaemonProcess} from '../support/daemon-process.ts';
import {startEtcd} from '../support/etcd-process.ts';
import {freePorts} from '../support/free-ports.ts';
import type {EtcdProcess} from '../support/etcd-process.ts';
import {ownFolder} from '../support/own-folder.ts';
import {until} from '../support/until.ts';

let etcd: EtcdProcess;

beforeAll(async () => {
  etcd = await startEtcd();
});
afterAll(() => etcd.stop());

/** One whose stdout is a full disk. */
function unheard(...args: readonly string[]) {
  const full = openSync('/dev/full', 'w');
  const child = spawn(process.execPath, [BIN, ...args], {stdio: ['ignore', full, 'pipe']});
  closeSync(full);
  let errors = '';
  child.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return {child, ended, errors: () => errors};
}

describe('serve', () => {
  const lines = (port: number, endpoint: string): string =>
    `service: sm.contract\nport: ${port}\nendpoints: ["${endpoint}"]\netcdPrefix: /contract\n`;
  let folder = '';
  let taken: Server;

  beforeAll(async () => {
    folder = ownFolder('contract');
    taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const {port} = taken.address() as AddressInfo;
    writeFileSync(join(folder, 'good.yml'), lines(port, etcd.endpoint));
    writeFileSync(join(folder, 'bad.yml'), 'service: a\nprot: 1\n');
    writeFileSync(
      join(folder, 'lost.yml'),
      `${lines(1, 'a:1')}auth: {tokenFile: ${folder}/none}\n`,
    );
  });
  afterAll(async () => {
    await new Promise((resolve) => taken.close(resolve));
  });

  it.each([
    ['a good file is checked', 'good.yml', ['--check'], 0, ''],
    ['a bad file is refused', 'bad.yml', ['--check'], 2, 'INVALID_CONFIG'],
    [
      'a file whose token file is not there is refused',
      'lost.yml',
      ['--check'],
      2,
      'INVALID_CONFIG',
    ],
    ['a file that is not there is refused', 'none.yml', [], 2, 'INVALID_CONFIG'],
    ['a taken port ends it', 'good.yml', [], 4, 'PORT_TAKEN'],
  ])('%s, with and without --json', async (_case, file, more, exit, code) => {
    const args = ['serve', '--config-file', join(folder, file), ...more];
    const [plain, json] = await Promise.all([runCli(args), runCli([...args, '--json'])]);
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

  it('goes on when the disk of its log is full; a command that cannot give its result fails', async () => {
    const [port = 0] = await freePorts(1);
    const file = join(folder, 'full.yml');
    writeFileSync(file, lines(port, etcd.endpoint));
    const daemon = unheard('serve', '--config-file', file);
    const ready = (): Promise<boolean> =>
      fetch(`http://127.0.0.1:${port}/readyz`).then(
        ({ok}) => ok,
        () => false,
      );
    await until(ready, LONG_MS, () => `it is ready: ${daemon.errors()}`);
    expect(daemon.errors()).toContain('continuing without a log');
    daemon.child.kill('SIGTERM');
    expect(await daemon.ended).toBe(0);
    const stored = ['--endpoints', etcd.endpoint, '--etcd-prefix', '/contract', '--live'];
    for (const asked of [['version', '--json'], ['--version'], ['store', 'export', ...stored]]) {
      const command = unheard(...asked);
      expect(await command.ended).toBe(2);
      // Nothing before it says that all went well.
      expect(command.errors()).toMatch(
        /^sm: stdout cannot be written: ENOSPC; .*\nwhy: .*\nfix: .*\ncode: INVALID_INPUT \(exit 2\)\n$/,
      );
    }
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
