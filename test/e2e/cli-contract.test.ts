/** What scripts rely on, for every command of the built command line against a real daemon and real containers. */
import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, it, vi} from 'vitest';
import {Cluster, STEADY_TTL_MS} from '../support/cluster.ts';
import {CliHosts} from '../support/cli-hosts.ts';
import {BIN, runCli} from '../support/cli-process.ts';
import type {Ran, RunOptions} from '../support/cli-process.ts';
import {CommandProcess} from '../support/command.ts';
import {startEtcd} from '../support/etcd-process.ts';
import {ownFolder} from '../support/own-folder.ts';
import {LONG_MS, patiently, until} from '../support/until.ts';
import {freePorts} from '../support/free-ports.ts';
import type {EtcdProcess} from '../support/etcd-process.ts';
import {writeExport} from '../../src/transfer/file.ts';
import {CONTRACT, LAST, PROCESSES} from './contract-cases.ts';

vi.setConfig({maxConcurrency: 4});

const DOCUMENTED = new Set([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 130, 143]);
/** Control characters but for newlines and tabs, and what turns direction or cannot be seen. */
const HARMFUL =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\p{Zl}\p{Zp}\p{Cf}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}]/u;
const HOSTILE = 'a\u001b[31m\u202eb\u009bc\u0007\u061c\u00ad\u3164\u{e0041}\nline';

let etcd: EtcdProcess;
let cluster: Cluster;
let server = '';
let closed = 0;
let service = '';
const hosts = new CliHosts();
const folder = ownFolder('contract');

const FILES: Readonly<Record<string, string>> = {
  'apps.yml': 'apps: [{name: declared, maxRecoveryTime: 0, shards: [a, b]}]\n',
  'less.yml': 'apps: [{name: lessening, maxRecoveryTime: 0, shards: [a]}]\n',
  'other.yml': 'apps: [{name: undeclared, shards: [a]}]\n',
  'broken.yml': 'apps: [{name: declared, shrads: [a]}]\n',
};

beforeAll(async () => {
  for (const [name, text] of Object.entries(FILES)) writeFileSync(join(folder, name), text);
  etcd = await startEtcd();
  cluster = await Cluster.start({etcd});
  [closed = 0] = await freePorts(1);
  writeFileSync(join(folder, 'sm.yml'), cluster.configText(closed));
  writeFileSync(join(folder, 'moved.jsonl'), exportedText());
  server = cluster.admin.server;
  ({service} = await cluster.admin.call('status', {}));
  for (const app of [
    'paused',
    'resumed',
    'leaving1',
    'leaving2',
    'spare',
    'evicted',
    'lessening',
    'moving',
    'stopping',
  ])
    await cluster.createApp(app);
  await cluster.addShards('lessening', ['a', 'b']);
  await cluster.addShards('moving', ['m1']);
  await cluster.createApp('orders', {maxRecoveryTime: 10});
  const shards = ['s1', 's2', 'old1', 'old2'].map((shardId) => ({shardId}));
  await patiently(() => cluster.admin.call('addShards', {service: 'orders', shards}));
  for (const worker of ['w1', 'w2']) {
    const added = {service: 'orders', workerGroup: 'other', worker};
    await patiently(() => cluster.admin.call('addWorker', added));
  }
  await Promise.all([
    steady('orders', 'c1'),
    ...['spare1', 'spare2'].map((id) => steady('spare', id)),
    ...['x1', 'x2'].map((id) => steady('moving', id)),
    ...['y1', 'y2'].map((id) => steady('stopping', id)),
    ...['gone1', 'gone2'].map((id) => cluster.join('evicted', id)),
  ]);
  await cluster.settled('orders');
});
afterAll(async () => {
  hosts.close();
  await cluster.stop();
  await etcd.stop();
});

/** An export of a store where nobody lived: one of the bed's own would be imported only after a minute. */
function exportedText(): string {
  const header = {prefix: '/sm', clusterId: '7', revision: '9', at: '', living: []};
  const key = Buffer.from('app/sm.x/cluster');
  const value = Buffer.from(JSON.stringify({v: 1, epoch: 3, clusterId: '7', maxRevision: 5}));
  return writeExport({header, items: [{key, value}]});
}

/** No case is about a container that the machine left without a heartbeat. */
function steady(app: string, id: string): Promise<unknown> {
  return cluster.join(app, id, {}, {ttlMs: STEADY_TTL_MS});
}

function sm(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  return runCli(args, {...options, env: environment(options)});
}

/** In a process that serves many calls. */
function hosted(args: readonly string[], options: Pick<RunOptions, 'env'> = {}): Promise<Ran> {
  return hosts.run(args, {env: environment(options)});
}

function environment({env}: RunOptions): Record<string, string> {
  return {SM_SERVER: server, XDG_CONFIG_HOME: join(folder, 'home'), ...env};
}

/** The words of a case with this bed's places put in. */
function wordsOf(line: string, count: number): string[] {
  const places: Readonly<Record<string, string>> = {
    n: String(count),
    dir: folder,
    etcd: etcd.endpoint,
    service,
    prefix: cluster.prefix,
    closed: `http://127.0.0.1:${closed}`,
    'closed-address': `127.0.0.1:${closed}`,
    ...Object.fromEntries(Object.keys(RUN_S).map((name) => [name, name])),
  };
  return line
    .split(' ')
    .map((word) => word.replaceAll(/\{([a-z-]+)\}/g, (_, name: string) => places[name] ?? ''))
    .map((word) => (word === '""' ? '' : word));
}

interface Document {
  readonly kind?: string;
  readonly error?: {readonly code?: string; readonly exit?: number; readonly message?: string};
}

/** Exit codes of calls that have done their work and say with the code what they found. */
const FINDINGS = new Set([0, 8, 9, 10]);

function checkDocument(line: string, stdout: string, exit: number): void {
  const streams = /watch|events -w|^top/.test(line) && exit === 0;
  const texts = streams ? stdout.split('\n').slice(0, -1) : [stdout];
  const documents = texts.map((text) => JSON.parse(text) as Document);
  if (streams) return;
  const [{kind, error} = {}] = documents;
  expect(kind).toMatch(/^[A-Z][A-Za-z]+$/);
  if (FINDINGS.has(exit)) {
    expect(error).toBeUndefined();
    return;
  }
  expect(kind).toBe('Error');
  expect(error).toMatchObject({exit, code: expect.stringMatching(/^[A-Z_]+$/) as string});
}

/** Words that stand for how long a command is to run, s, in each try. */
const RUN_S: Readonly<Record<string, readonly number[]>> = {
  'runs-for': [10, 40, 100],
  'runs-briefly': [1, 10, 100],
  'measures-for': [3, 15, 60],
};
const TRIES = 3;
/** Its time was over before it could even begin; etcd did not answer in time. What a busy machine causes, and no case is about, is tried again. */
const PASSING = new Set([6, 7]);

async function ran(call: typeof hosted, words: readonly string[], exit: number): Promise<Ran> {
  for (let tried = 0; ; tried += 1) {
    const timed = words.map((word) =>
      RUN_S[word] === undefined ? word : `${RUN_S[word][tried]}s`,
    );
    const last = await call(timed);
    if (last.exit === exit || !PASSING.has(last.exit) || tried + 1 === TRIES) return last;
  }
}

/** Shows the line and what was printed, too, when it fails. */
function expectExit(line: string, {exit, stderr}: Ran, expected: number): void {
  expect({line, exit, stderr}).toEqual({line, exit: expected, stderr});
}

/** `plainCall`, `jsonCall`: how each of the two is run. */
async function holds(
  line: string,
  exit: number,
  plainCall: typeof hosted,
  jsonCall: typeof hosted,
): Promise<void> {
  expect(DOCUMENTED).toContain(exit);
  const plain = await ran(plainCall, wordsOf(line, 1), exit);
  expectExit(line, plain, exit);
  expect(plain.stdout + plain.stderr).not.toMatch(HARMFUL);
  expect(plain.stderr).not.toMatch(/node_modules|at async/);
  if (!FINDINGS.has(exit)) {
    expect(plain.stdout).toBe('');
    expect({line, stderr: plain.stderr}).toMatchObject({
      stderr: expect.stringMatching(/^sm: .+\n(.*\n)*fix: .+\ncode: /m) as string,
    });
    expect(plain.stderr).toMatch(new RegExp(`^code: [A-Z_]+ \\(exit ${exit}\\)`, 'm'));
  }
  // Before --, else it would be one of the words.
  const words = wordsOf(line, 2);
  const end = words.includes('--') ? words.indexOf('--') : words.length;
  const json = await ran(jsonCall, words.toSpliced(end, 0, '--json'), exit);
  expectExit(line, json, exit);
  expect(json.stdout + json.stderr).not.toMatch(HARMFUL);
  checkDocument(line, json.stdout, exit);
}

describe('the contract', () => {
  it('names every command there is, and no other', () => {
    const file = join(BIN, '..', '..', 'oclif.manifest.json');
    const {commands} = JSON.parse(readFileSync(file, 'utf8')) as {commands: object};
    expect(Object.keys(CONTRACT).sort()).toEqual(Object.keys(commands).sort());
  });
});

describe.concurrent('with and without --json: the same exit code, one document, no escapes', () => {
  for (const [command, cases] of Object.entries(CONTRACT)) {
    it(command.replace(':', ' '), async () => {
      const jsonCall = PROCESSES.has(command) ? sm : hosted;
      // One real process for each command: what it loads, and how it ends.
      for (const [at, [line, exit]] of cases.entries())
        await holds(line, exit, at === 0 ? sm : jsonCall, jsonCall);
    });
  }
});

describe('help', () => {
  it('names the nearest commands also where help on an unknown one is asked for', async () => {
    const calls = [
      ['contaner', 'ls', '--help'],
      ['--help', 'contaner', 'ls'],
      ['shrd', '--help'],
    ];
    const [behind, before, topic] = await Promise.all(calls.map((line) => hosted(line)));
    for (const ended of [behind, before]) {
      expect(ended?.exit).toBe(2);
      expect(ended?.stderr).toContain('unknown command: contaner ls');
      expect(ended?.stderr).toContain('did you mean: sm container ls');
    }
    expect(topic?.stderr).toContain('did you mean: sm shard?');
  });

  it('shows the help of a command that further words follow', async () => {
    const {exit, stdout} = await hosted(['app', 'ls', 'extra', '--help']);
    expect([exit, stdout]).toEqual([0, expect.stringContaining('sm app ls')]);
  });
});

describe('the command line', () => {
  it('shows nearest commands and flags, runs no guess, and prints help of a topic', async () => {
    const [command, flag, topic, word] = await Promise.all([
      hosted(['contaner', 'ls']),
      hosted(['container', 'drain', 'c1', '-a', 'orders', '--raeson', 'x']),
      hosted(['app']),
      hosted(['app', 'ls', 'extra']),
    ]);
    expect([command.exit, flag.exit, topic.exit, word.exit]).toEqual([2, 2, 0, 2]);
    expect(word.stderr).toContain('app ls does not take "extra"');
    expect(command.stderr).toContain('sm container ls');
    expect(flag.stderr).toContain('--reason');
  });

  it('takes the form of the result from the environment, whether flags are given or not', async () => {
    const env = {SM_OUTPUT: 'json'};
    const [status, apps, behind] = await Promise.all([
      hosted(['status'], {env}),
      hosted(['app', 'ls'], {env}),
      hosted(['--json', 'status']),
    ]);
    expect(JSON.parse(status.stdout)).toMatchObject({kind: 'Status'});
    expect(JSON.parse(apps.stdout)).toMatchObject({kind: 'AppList'});
    expect(behind.exit).toBe(2);
    expect(JSON.parse(behind.stdout)).toMatchObject({kind: 'Error', error: {exit: 2}});
  });

  it('takes no argument from stdin, which in a loop of a shell is the list of the loop', async () => {
    const [undone, got] = await Promise.all([
      sm(['undo', '-a', 'resumed', '--dry-run'], {stdin: '4711\n'}),
      sm(['app', 'get'], {stdin: 'resumed\n'}),
    ]);
    expect(undone.exit, undone.stderr).toBe(0);
    expect(got.exit).toBe(2);
  });

  it('names the app that may have been meant', async () => {
    const calls = ['app get ordrs', 'shard ls -a ordrs', 'shard add -a ordrs s9'];
    for (const {exit, stderr} of await Promise.all(calls.map((line) => hosted(line.split(' '))))) {
      expect(exit).toBe(3);
      expect(stderr).toContain('did you mean orders?');
    }
  });

  it('exits 6 when no daemon answers, and says what to do', async () => {
    const {exit, stderr} = await hosted(['app', 'ls'], {
      env: {SM_SERVER: `http://127.0.0.1:${closed}`},
    });
    expect(exit).toBe(6);
    expect(stderr).toContain('sm serve');
  });

  it('has colour when asked to, and none in a pipe or where nobody wants it', async () => {
    const calls = [
      sm(['app', 'ls', '--help', '--color', 'always'], {env: {NO_COLOR: '1'}}),
      sm(['app', 'ls', '--help'], {env: {FORCE_COLOR: '1'}}),
      sm(['app', 'ls', '--help']),
      sm(['app', 'ls', '--help'], {env: {FORCE_COLOR: '1', NO_COLOR: '1'}}),
      sm(['app', 'ls', '--help', '--color=never'], {env: {FORCE_COLOR: '1'}}),
    ];
    const coloured = (await Promise.all(calls)).map(({stdout}) => stdout.includes('\u001b['));
    expect(coloured).toEqual([true, true, false, false, false]);
  });

  it('does its work although nobody reads what it says', async () => {
    const lines = ['shard ls -a orders', 'schema', 'help', 'export', 'app create unread --json'];
    const calls = lines.map((line) => sm(line.split(' '), {stdoutClosed: true}));
    for (const {exit, stderr} of await Promise.all(calls)) {
      expect({exit, stderr}).toEqual({exit: 0, stderr: ''});
    }
    const {services} = await cluster.admin.call('getSpec', {});
    expect(services).toContain('unread');
    const failing = await sm(['app', 'get', 'nobody', '--json'], {stdoutClosed: true});
    expect({exit: failing.exit, stderr: failing.stderr}).toEqual({exit: 3, stderr: ''});
  });

  it('shows hostile arguments harmlessly', async () => {
    const calls = [
      ['app', 'get', HOSTILE],
      ['shard', 'get', '-a', 'orders', HOSTILE],
      ['container', 'drain', '-a', 'orders', HOSTILE],
      ['wait', HOSTILE, '--for', 'ready'],
      ['explain', HOSTILE],
      ['validate', '-f', HOSTILE],
      ['help', HOSTILE],
      [HOSTILE],
      ['app', 'ls', `--${HOSTILE}`],
      ['app', 'ls', '--server', `http://${HOSTILE}`],
      ['app', 'rm', 'orders', '--confirm', HOSTILE],
    ];
    for (const args of calls.flatMap((words) => [words, [...words, '--json']])) {
      const {exit, stdout, stderr} = await hosted(args);
      expect([2, 3, 4, 6]).toContain(exit);
      expect(stdout + stderr).not.toMatch(HARMFUL);
    }
  });

  it('shows hostile content of the store harmlessly, in every form', async () => {
    await cluster.createApp('hostile');
    const shard = {service: 'hostile', shardId: 'h1', task: HOSTILE, reason: HOSTILE};
    await cluster.admin.call('addShard', shard);
    const lines = ['shard get -a hostile h1', 'events -a hostile', 'export -a hostile'];
    const calls = lines.flatMap((line) =>
      ['table', 'json', 'jsonl', 'yaml'].map((form) => [...line.split(' '), '-o', form]),
    );
    for (const args of calls) {
      const {exit, stdout, stderr} = await hosted(args);
      expect({exit, stderr}).toEqual({exit: 0, stderr: ''});
      expect(stdout).toMatch(/u202e/);
      expect(stdout).not.toMatch(HARMFUL);
    }
    const {stdout} = await hosted(['shard', 'get', '-a', 'hostile', 'h1', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({task: HOSTILE});
  });
});

describe('a recording', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    'ends a recording in order on %s: the file is whole, and can be played',
    async (signal) => {
      const file = join(folder, `until-${signal}.jsonl`);
      const recording = new CommandProcess(
        'record',
        '-a',
        'orders',
        '--out',
        file,
        '--server',
        server,
      );
      const begun = (): boolean => existsSync(file) && readFileSync(file, 'utf8').includes('"add');
      await until(begun, LONG_MS, () => `a shard is in the file: ${recording.output}`);
      expect(await recording.end(signal)).toBe(0);
      expect(recording.stdout).toMatch(/^recorded app orders for .+ to .+: \d+ events?, \d+ bytes/);
      const last = readFileSync(file, 'utf8').trimEnd().split('\n').at(-1) ?? '';
      expect(JSON.parse(last)).toMatchObject({event: 'end'});
      const played = await hosted(['sim', '--trace', file, '--json']);
      expect([played.stderr, played.exit]).toEqual(['', 0]);
    },
  );
});

describe('what is for all apps', () => {
  it('says what leads on where nobody doubts etcd', async () => {
    const {exit, stdout} = await hosted(['store', 'accept-restore', '--confirm', service]);
    expect(exit).toBe(0);
    expect(stdout).toMatch(/^store .+ unchanged\nno process doubts this etcd, .+ pass --force\n$/);
  });

  it.each(LAST)('%s', (line, exit) => holds(line, exit, hosted, hosted));
});
