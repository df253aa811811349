/** Live views on real terminals, as built, with a daemon and containers that are processes. */
import {execFile} from 'node:child_process';
import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, afterEach, beforeAll, describe, expect, it} from 'vitest';
import {AdminClient} from '../../src/admin/index.ts';
import {Cluster, STEADY_TTL_MS, shardIds} from '../support/cluster.ts';
import {DaemonProcess} from '../support/daemon-process.ts';
import {startEtcd} from '../support/etcd-process.ts';
import {freePorts} from '../support/free-ports.ts';
import type {EtcdProcess} from '../support/etcd-process.ts';
import {ownFolder} from '../support/own-folder.ts';
import {SampleContainer} from '../support/sample-container.ts';
import {Tmux} from '../support/tmux.ts';
import {LONG_MS, until} from '../support/until.ts';

const BIN = join(import.meta.dirname, '..', '..', 'bin', 'run.js');
const SHARDS = 6;
const BEFORE_LINES = 60;
/** `display-message` of a terminal as it should be left. */
const RESTORED = '0 1 80x24';

let etcd: EtcdProcess;
let cluster: Cluster;
let daemon: DaemonProcess;
let admin: AdminClient;
let port = 0;
let nobody = 0;
let folder = '';
let tmux: Tmux;
const terminals: Tmux[] = [];
const containers: SampleContainer[] = [];

beforeAll(async () => {
  folder = ownFolder('terminal');
  etcd = await startEtcd();
  cluster = await Cluster.start({etcd, daemons: 0});
  [port = 0, nobody = 0] = await freePorts(2);
  daemon = new DaemonProcess(cluster.configText(port));
  admin = new AdminClient({server: `http://127.0.0.1:${port}`});
  await until(
    () => serves(),
    LONG_MS,
    () => daemon.output,
  );
  await admin.call('addSpec', {service: 'orders', maxShardCount: 0, maxRecoveryTime: 0});
  const shards = shardIds(SHARDS).map((id) => ({shardId: id, service: 'orders'}));
  for (const shard of shards) await admin.call('addShard', shard);
  for (const id of ['orders-1', 'orders-2']) containers.push(runContainer(id));
  await until(allReady, LONG_MS, 'every shard is ready');
  // Remembers its pid, so that it can be told to end.
  writeFileSync(join(folder, 'sm'), `echo $$ >pid\nexec '${process.execPath}' '${BIN}' "$@"\n`);
  writeFileSync(
    join(folder, 'failing.mjs'),
    `process.on('SIGUSR2', () => setTimeout(() => { throw new Error('provoked'); }));\n`,
  );
});

afterEach(async () => {
  for (const each of terminals.splice(0)) await each.kill();
});

afterAll(async () => {
  await Promise.all(containers.map((container) => container.end()));
  admin.close();
  await daemon.end();
  await cluster.stop();
  await etcd.stop();
});

async function serves(): Promise<boolean> {
  return admin.call('status', {}).then(
    ({leader}) => leader !== null,
    () => false,
  );
}

async function allReady(): Promise<boolean> {
  const {app} = await admin.call('getApp', {service: 'orders'});
  return app.shards.ready === SHARDS;
}

function runContainer(id: string): SampleContainer {
  const where = ['--endpoints', etcd.endpoint, '--etcd-prefix', cluster.prefix];
  // Nobody dies here: none is to be missed because the machine is busy.
  const steady = ['--ttl-ms', String(STEADY_TTL_MS)];
  return new SampleContainer('-a', 'orders', '--id', id, ...steady, ...where);
}

/** A terminal of 80x24 with something in its scrollback, the one that is meant from now on. */
async function terminal(server = port): Promise<Tmux> {
  tmux = await Tmux.start({
    columns: 80,
    rows: 24,
    folder,
    env: {SM_SERVER: `http://127.0.0.1:${server}`},
  });
  terminals.push(tmux);
  // What is typed before the prompt stands would get the prompt in front of its first answer.
  await shows(/^[$#]/);
  await tmux.enter(`i=0; while [ $i -lt ${BEFORE_LINES} ]; do i=$((i+1)); echo before $i; done`);
  await shows(`before ${BEFORE_LINES}\n`);
  return tmux;
}

/** Waits until the screen shows it; resolves with the screen. */
async function shows(wanted: string | RegExp, on = tmux): Promise<string> {
  let screen = '';
  const seen = async (): Promise<boolean> => {
    screen = await on.screen();
    return typeof wanted === 'string' ? screen.includes(wanted) : wanted.test(screen);
  };
  await until(seen, LONG_MS, () => `the terminal shows ${String(wanted)}:\n${screen}`);
  return screen;
}

async function comesTo(state: string): Promise<void> {
  let now = '';
  const seen = async (): Promise<boolean> => {
    now = await tmux.state();
    return now === state;
  };
  await until(seen, LONG_MS, () => `the terminal is ${state}, not ${now}`);
}

const start = (line: string): Promise<void> => tmux.enter(`sh ./sm ${line}; echo exit=$?`);
const viewPid = (): number => Number(readFileSync(join(folder, 'pid'), 'utf8'));

/** The line that is as wide as the terminal: the time stands at its right end. */
function headLine(screen: string): string {
  return screen.split('\n').find((line) => line.includes(' LIVE ')) ?? '';
}

/** To 120x40 and back; it is drawn anew each time. */
async function thereAndBack(): Promise<void> {
  for (const [columns, rows] of [
    [120, 40],
    [80, 24],
  ] as const) {
    await tmux.resize(columns, rows);
    const fits = async (): Promise<boolean> => headLine(await tmux.screen()).length === columns;
    await until(fits, LONG_MS, `it draws at ${columns}x${rows}`);
  }
}

/** Everything printed before the view is there, once, in order. */
async function expectScrollback(): Promise<void> {
  const lines = (await tmux.history()).split('\n').map((line) => line.trimEnd());
  const before = lines.filter((line) => line.startsWith('before '));
  expect(before).toEqual(Array.from({length: BEFORE_LINES}, (_, index) => `before ${index + 1}`));
}

describe('views that draw in place', () => {
  it.each([
    ['container ls -a orders --watch', 'orders-2'],
    ['moves watch -a orders', 'sm moves watch'],
  ])('%s: first frame, resize, what stood before, what stays', async (line, word) => {
    await terminal();
    await start(line);
    const first = await shows(/ LIVE .*\n[^]*q quit/);
    expect(first).toContain(word);
    expect(headLine(first)).toHaveLength(80);
    await thereAndBack();
    await tmux.keys('q');
    const last = await shows('exit=0');
    // One frame, the last one, not one for each size.
    const history = await tmux.history();
    expect(history.match(/ LIVE /g)).toHaveLength(1);
    expect(last).toContain('q quit');
    await expectScrollback();
    await comesTo(RESTORED);
  });
});

describe.each([
  ['top', '1 0 80x24'],
  ['container ls -a orders --watch', '0 0 80x24'],
])('a view that is stopped: sm %s', (line, drawn) => {
  it.each([
    ['Ctrl-Z', (): Promise<void> => tmux.keys('C-z')],
    ['SIGTSTP', (): unknown => process.kill(viewPid(), 'SIGTSTP')],
  ] as const)('gives the terminal back, and takes it again: %s', async (_how, stop) => {
    await terminal();
    await start(line);
    await shows(/ LIVE [^]*q quit/);
    await comesTo(drawn);
    await stop();
    await shows(/Stopped/);
    await comesTo(RESTORED);
    // The shell reads whole lines, and one sees what one types.
    await tmux.enter(
      'stty -a | tr " ;" "\\n\\n" | grep -E "^-?(icanon|echo|isig)$" | xargs echo modes',
    );
    await shows(/^modes (icanon|echo|isig) (icanon|echo|isig) (icanon|echo|isig)$/m);
    await tmux.resize(100, 24);
    await tmux.enter('clear; fg');
    await comesTo(drawn.replace('80', '100'));
    const fits = async (): Promise<boolean> => headLine(await tmux.screen()).length === 100;
    await until(fits, LONG_MS, 'it draws anew, at the size of now');
    // A key arrives without Enter, and is not shown.
    await tmux.keys('?');
    await shows('any key goes back');
    await tmux.keys('x', 'C-c');
    await shows(/^[$#] *$/m);
    await comesTo(RESTORED.replace('80', '100'));
  });

  it('gives it back also when it is stopped as soon as it has taken it', async () => {
    await terminal();
    await start(line);
    await comesTo(drawn);
    process.kill(viewPid(), 'SIGTSTP');
    await shows(/Stopped/);
    await comesTo(RESTORED);
    await tmux.enter('clear; fg');
    await shows(/ LIVE [^]*q quit/);
    await comesTo(drawn);
    await tmux.keys('q');
    await comesTo(RESTORED);
  });

  it('takes it again after SIGSTOP, too, which nobody can hear', async () => {
    await terminal();
    await start(line);
    await shows(/ LIVE [^]*q quit/);
    process.kill(viewPid(), 'SIGSTOP');
    await shows(/Stopped/);
    // Nobody has given the terminal back: in raw mode Enter ends no line.
    await tmux.keys('-l', 'stty sane; clear; fg');
    await tmux.keys('C-j');
    // The frame of before stands there until the shell has read the line: a key would be read by the shell, too.
    await shows(/^(?![^]*Stopped)[^]* LIVE [^]*q quit/);
    await tmux.keys('?');
    await shows('any key goes back');
    await tmux.keys('x', 'C-c');
    await comesTo(RESTORED);
  });
});

describe('top', () => {
  it.each([
    ['q', 0, (): Promise<void> => tmux.keys('q')],
    ['Ctrl-C', 130, (): Promise<void> => tmux.keys('C-c')],
    ['SIGTERM', 143, (): unknown => process.kill(viewPid(), 'SIGTERM')],
    ['an exception', 1, (): unknown => process.kill(viewPid(), 'SIGUSR2')],
  ] as const)('gives the terminal back: %s', async (how, exit, end) => {
    await terminal();
    if (how === 'an exception') await tmux.enter('export NODE_OPTIONS=--import=./failing.mjs');
    await start('top');
    const first = await shows(/ LIVE [^]*CONTAINERS 2[^]*q quit/);
    expect(headLine(first)).toHaveLength(80);
    expect(first).not.toContain('before');
    await comesTo('1 0 80x24');
    if (how === 'q') await thereAndBack();
    await end();
    const after = await shows(`exit=${exit}\n`);
    expect(after).toContain(`before ${BEFORE_LINES}`);
    expect(after).not.toContain(' LIVE ');
    if (how === 'an exception') expect(after).toContain('provoked');
    await comesTo(RESTORED);
    await expectScrollback();
  });

  it('ends when its terminal goes', async () => {
    await terminal();
    await start('top');
    await shows(' LIVE ');
    const pid = viewPid();
    expect(await lives(pid)).toBe(true);
    await tmux.kill();
    await until(async () => !(await lives(pid)), LONG_MS, 'the process has ended');
  });
});

it('a lost connection is told by every view, keys are heard meanwhile, and it comes back', async () => {
  const inPlace = await terminal();
  await start('container ls -a orders --watch');
  const whole = await terminal();
  await start('top');
  for (const each of [inPlace, whole]) await shows(/ LIVE [^]*orders-2/, each);
  await daemon.end('SIGKILL');
  for (const each of [inPlace, whole]) {
    const stale = /STALE \d\d:\d\d \(retry \d+ (in \d+s|now): connection refused\)/;
    expect(await shows(stale, each)).toContain('orders-1');
    await each.keys('?');
    await shows('any key goes back', each);
    await each.keys('x');
  }
  daemon = new DaemonProcess(cluster.configText(port));
  for (const each of [inPlace, whole]) {
    expect(await shows(/ LIVE [^]*reconnects 1[^]*orders-2/, each)).not.toContain('STALE');
    await each.keys('C-c');
    await shows('exit=130', each);
  }
  tmux = inPlace;
  await expectScrollback();
});

it.each(['container ls -a orders --watch', 'top'])(
  '%s: without a daemon nothing is drawn, and the exit code says so',
  async (line) => {
    await terminal(nobody);
    await start(line);
    const screen = await shows('exit=6');
    expect(screen).not.toMatch(/STALE|CONNECTING|q quit/);
    expect(screen).toContain('sm serve');
    expect(screen).toContain(`before ${BEFORE_LINES}`);
    await comesTo(RESTORED);
  },
);

it.each([
  ['C-c', 130, 'nothing was done'],
  ['C-d', 2, 'not confirmed'],
])('a question is left by %s with exit code %i, and nothing is done', async (key, exit, word) => {
  await terminal();
  await start('app rm orders --force');
  await shows('Type orders to remove app orders:');
  await tmux.keys(key);
  const screen = await shows(`exit=${exit}`);
  expect(screen).toContain(word);
  expect(screen).not.toContain('bug in sm');
  expect((await admin.call('getSpec', {})).services).toEqual(['orders']);
});

/** Neither gone nor a zombie that nobody has asked after. */
function lives(pid: number): Promise<boolean> {
  return new Promise((resolve) =>
    execFile('ps', ['-o', 'stat=', '-p', String(pid)], (_error, stdout) =>
      resolve(stdout.trim() !== '' && !stdout.trim().startsWith('Z')),
    ),
  );
}

async function linesUntilReady(...args: readonly string[]) {
  const env = {...process.env, SM_SERVER: `http://127.0.0.1:${port}`};
  const [exit, stdout] = await new Promise<[number | null, string]>((resolve) => {
    const child = execFile(
      process.execPath,
      [BIN, ...args, '-a', 'orders', '-o', 'jsonl', '--for', 'ready'],
      {env},
      (_error, text) => resolve([child.exitCode, text]),
    );
    child.stdin?.end();
  });
  expect(exit).toBe(0);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as {type: string; kind: string; row: {id: string}});
}

it('through a pipe the same command tells changes as JSON lines and ends at its goal', async () => {
  const events = await linesUntilReady('container', 'ls', '--watch');
  const reported = events.filter(({type, kind}) => type === 'set' && kind === 'containers');
  // A container that changes meanwhile is told again.
  expect(new Set(reported.map(({row}) => row.id))).toEqual(new Set(['orders-1', 'orders-2']));
});

it('moves through a pipe begin with where they are watched from, and end at the goal', async () => {
  const [first] = await linesUntilReady('moves', 'watch');
  expect(first?.type).toBe('hello');
});
