/** `sm dev` as built: what it says, and that nothing outlives it, however it ends. */
import {readFileSync, readdirSync, readlinkSync} from 'node:fs';
import {createServer} from 'node:net';
import type {Server} from 'node:net';
import {describe, expect, it} from 'vitest';
import {CommandProcess} from '../support/command.ts';
import {LONG_MS, until} from '../support/until.ts';

/** Any port but those that are taken by default. */
const FREE = expect.stringMatching(/127\.0\.0\.1:(?!8801$|2379$)[1-9]\d+$/) as string;
const SHARDS = 12;
/** The containers, and the shell that ends them when nobody else can. */
const CHILDREN = 4;

interface DevLine {
  readonly event: string;
  readonly shards?: number;
  readonly afterMs?: number;
  readonly taken?: readonly number[];
  readonly containers?: readonly {readonly pid: number}[];
}

function linesOf(dev: CommandProcess): DevLine[] {
  const whole = dev.stdout.slice(0, dev.stdout.lastIndexOf('\n') + 1);
  const lines = whole.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as DevLine);
}

function lineOf(dev: CommandProcess, event: string): DevLine | undefined {
  return linesOf(dev).find((line) => line.event === event);
}

/** Undefined for a process that is gone, also for one that nobody has waited for yet. */
function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' ? undefined : Number(parent);
  } catch {
    return undefined;
  }
}

function childrenOf(parent: number): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => parentOf(pid) === parent);
}

/** Files on a disk that the process has open, but for those of the machine. */
function filesOf(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  const targets = readdirSync(folder).map((name) => targetOf(`${folder}/${name}`));
  return targets.filter((target) => target.startsWith('/') && !/^\/(dev|proc|sys)\//.test(target));
}

/** Empty for what has been closed meanwhile. */
function targetOf(descriptor: string): string {
  try {
    return readlinkSync(descriptor);
  } catch {
    return '';
  }
}

/** Takes the port as soon as it is free, so that nobody lets it go meanwhile; undefined where somebody has it for good. */
async function hold(port: number): Promise<Server | undefined> {
  const taken = (): Promise<Server | undefined> =>
    new Promise((resolve) => {
      const server = createServer();
      server.once('error', () => resolve(undefined));
      server.listen({port, host: '127.0.0.1', exclusive: true}, () => resolve(server));
    });
  return until(taken, LONG_MS, `port ${port}`).catch(() => undefined);
}

async function start(): Promise<CommandProcess> {
  const dev = new CommandProcess('dev', '-o', 'jsonl', '--port', '0', '--store-port', '0');
  const placed = (): boolean => lineOf(dev, 'placed') !== undefined;
  await until(placed, LONG_MS, () => `every shard is placed: ${dev.output}`);
  return dev;
}

async function gone(pids: readonly number[]): Promise<void> {
  const left = (): number[] => pids.filter((pid) => parentOf(pid) !== undefined);
  await until(
    () => left().length === 0,
    LONG_MS,
    () => `these are left: ${left().join(' ')}`,
  );
}

describe('sm dev', () => {
  it.each([
    ['SIGINT', 0],
    ['SIGTERM', 0],
    ['SIGKILL', 'SIGKILL'],
  ] as const)('places its shards, and leaves nothing behind after %s', async (signal, code) => {
    const dev = await start();
    const placed = lineOf(dev, 'placed');
    const children = childrenOf(dev.pid);
    expect(placed?.shards).toBe(SHARDS);
    expect(children).toHaveLength(CHILDREN);
    expect(children).toEqual(expect.arrayContaining(placed?.containers?.map(({pid}) => pid) ?? []));
    expect(lineOf(dev, 'listening')).toMatchObject({taken: [], server: FREE, store: FREE});
    const firstMs = lineOf(dev, 'firstPlaced')?.afterMs ?? 0;
    expect(firstMs).toBeGreaterThan(0);
    expect(firstMs).toBeLessThanOrEqual(placed?.afterMs ?? 0);
    // A part of the program that is loaded late is open for an instant.
    await expect.poll(() => [dev.pid, ...children].flatMap(filesOf)).toEqual([]);
    expect(await dev.end(signal), dev.output).toBe(code);
    await gone(children);
  });

  it('takes other ports when its own are taken, and says so; one that was asked for is an error', async () => {
    const held = await Promise.all([8_801, 2_379].map(hold));
    try {
      const dev = new CommandProcess('dev');
      await until(
        () => dev.stdout.includes('Ctrl-C stops'),
        LONG_MS,
        () => dev.output,
      );
      expect(dev.stdout).toContain('port 8801 is taken: another one was chosen');
      expect(dev.stdout).toContain('port 2379 is taken: another one was chosen');
      expect(dev.stdout).toMatch(/app demo: 12 shards on 3 containers, \d+\.\d s after the start/);
      const asking = new CommandProcess('dev', '--port', '8801');
      await until(
        () => asking.exited,
        LONG_MS,
        () => asking.output,
      );
      expect(await asking.end()).toBe(4);
      expect(asking.stderr).toContain('8801');
      const children = childrenOf(dev.pid);
      expect(await dev.end('SIGTERM')).toBe(0);
      await gone(children);
    } finally {
      for (const server of held) server?.close();
    }
  });
});
