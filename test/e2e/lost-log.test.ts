/** A daemon outlives its log: a reader that ends, a reader that stops reading, a full disk, a terminal that is closed. */
import {execFileSync, spawn} from 'node:child_process';
import {once} from 'node:events';
import {closeSync, constants, openSync, readFileSync, writeFileSync} from 'node:fs';
import {writeSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {BIN} from '../support/cli-process.ts';
import {LONG_MS} from '../support/cluster.ts';
import {startEtcd} from '../support/etcd-process.ts';
import {freePorts} from '../support/free-ports.ts';
import type {EtcdProcess} from '../support/etcd-process.ts';
import {ownFolder} from '../support/own-folder.ts';
import {until} from '../support/until.ts';

let etcd: EtcdProcess;
let folder = '';

beforeAll(async () => {
  folder = ownFolder('lost-log');
  etcd = await startEtcd();
});
afterAll(() => etcd.stop());

interface Place {
  readonly port: number;
  readonly args: readonly string[];
}

async function place(name: string): Promise<Place> {
  const [port = 0] = await freePorts(1);
  const file = join(folder, `${name}.yml`);
  const lines = `service: sm.${name}\nport: ${port}\nendpoints: ["${etcd.endpoint}"]\netcdPrefix: /${name}\n`;
  writeFileSync(file, lines);
  return {port, args: [BIN, 'serve', '--config-file', file]};
}

function get(port: number, path: string): Promise<string> {
  return fetch(`http://127.0.0.1:${port}${path}`).then(
    async (reply) => (reply.ok ? reply.text() : ''),
    () => '',
  );
}

const ready = (port: number) =>
  until(
    async () => (await get(port, '/readyz')) !== '',
    LONG_MS,
    () => 'it is ready',
  );

/** SIGHUP makes it say a line. */
async function losesLines(port: number, pid: number): Promise<void> {
  const lost = async (): Promise<number> => {
    const text = await get(port, '/metrics');
    return Number(/^sm_log_lines_lost_total (\d+)$/m.exec(text)?.[1] ?? Number.NaN);
  };
  await until(
    async () => {
      process.kill(pid, 'SIGHUP');
      return (await lost()) >= 2;
    },
    LONG_MS,
    () => 'it counts two lost lines',
  );
  await ready(port);
}

/** A pipe that takes nothing more, and that nobody reads. */
function fullPipe(): number {
  const path = join(folder, 'full-pipe');
  execFileSync('mkfifo', [path]);
  const descriptor = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  const chunk = Buffer.alloc(4096, '.');
  try {
    for (;;) writeSync(descriptor, chunk);
  } catch {
    return descriptor;
  }
}

describe('a daemon outlives', () => {
  it('readers of stdout and stderr that end', async () => {
    const {port, args} = await place('pipe');
    const child = spawn(process.execPath, args, {stdio: ['ignore', 'pipe', 'pipe']});
    const ended = once(child, 'exit');
    await ready(port);
    child.stdout.destroy();
    child.stderr.destroy();
    await losesLines(port, child.pid ?? 0);
    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  });

  it('a full disk under stdout and stderr', async () => {
    const {port, args} = await place('disk');
    const full = openSync('/dev/full', 'w');
    const child = spawn(process.execPath, args, {stdio: ['ignore', full, full]});
    closeSync(full);
    const ended = once(child, 'exit');
    await ready(port);
    await losesLines(port, child.pid ?? 0);
    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  });

  it('a terminal that is closed', async () => {
    const {port, args} = await place('terminal');
    const [exit, pid] = [join(folder, 'exit'), join(folder, 'pid')];
    const inside = `trap '' HUP; ${[process.execPath, ...args].join(' ')} & echo $! > ${pid}; wait; wait $!; echo $? > ${exit}`;
    const terminal = spawn(
      'script',
      ['-qc', `sh -c "${inside.replaceAll('$', '\\$')}"`, '/dev/null'],
      {
        stdio: ['pipe', 'pipe', 'pipe'],
      },
    );
    let shown = '';
    terminal.stdout.on('data', (chunk: Buffer) => (shown += chunk.toString()));
    await until(
      async () => (await get(port, '/readyz')) !== '',
      2 * LONG_MS,
      () => `ready: ${shown}`,
    );
    terminal.kill('SIGKILL');
    const daemon = Number(readFileSync(pid, 'utf8'));
    await losesLines(port, daemon);
    process.kill(daemon, 'SIGTERM');
    const code = (): string => {
      try {
        return readFileSync(exit, 'utf8').trim();
      } catch {
        return '';
      }
    };
    await until(
      () => code() !== '',
      LONG_MS,
      () => 'it has ended',
    );
    expect(code()).toBe('0');
  });

  it('a reader that stops reading, without keeping all for it', async () => {
    const {port, args} = await place('stalled');
    const pipe = fullPipe();
    const child = spawn(process.execPath, args, {stdio: ['ignore', pipe, 'ignore']});
    const ended = once(child, 'exit');
    await ready(port);
    child.kill('SIGTERM');
    const [code] = (await ended) as [number | null];
    closeSync(pipe);
    expect(code).toBe(0);
  });
});
