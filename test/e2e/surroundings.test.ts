/** The program as built where little is given: no home folder, no shell, few open files, a proxy in the environment, the first process of a container. */
import {spawn} from 'node:child_process';
import type {ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {BIN} from '../support/cli-process.ts';
import {LONG_MS} from '../support/cluster.ts';
import {freePorts} from '../support/free-ports.ts';
import {suspend} from '../support/suspend.ts';
import {until} from '../support/until.ts';

const NODE = process.execPath;
const children: ChildProcess[] = [];
let folder = '';
let server = '';
let store = '';
let daemon: Running;

interface Running {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly ended: Promise<number | string | null>;
}

function run(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Running {
  const {HOME: _home, XDG_CONFIG_HOME: _config, SHELL: _shell, ...rest} = process.env;
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {...rest, NO_COLOR: '1', ...env},
  });
  children.push(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = once(child, 'close').then(
    ([code, signal]) => (code ?? signal) as number | string | null,
  );
  return {child, output: () => output, ended};
}

const PROXY = 'http://127.0.0.1:9';
const PROXIES = {
  ...{http_proxy: PROXY, https_proxy: PROXY, grpc_proxy: PROXY, all_proxy: PROXY},
  ...{HTTP_PROXY: PROXY, HTTPS_PROXY: PROXY, NODE_USE_ENV_PROXY: '1', no_proxy: '', NO_PROXY: ''},
};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sm-surroundings-'));
  chmodSync(folder, 0o777);
  const [port = 0, storePort = 0] = await freePorts(2);
  server = `http://127.0.0.1:${port}`;
  store = `127.0.0.1:${storePort}`;
  const file = join(folder, 'sm.yml');
  writeFileSync(
    file,
    `service: sm.here\nport: ${port}\netcdPrefix: /sm\nembedded: {port: ${storePort}, auth: none}\n`,
  );
  // Few open files, a proxy that answers nobody, and a user without a home, whose containers are another user's: these do not find a password.
  const line = `ulimit -n 96; exec setpriv --reuid 54321 --clear-groups ${NODE} ${BIN} serve -c ${file} --embedded --data-dir ${join(folder, 'data')}`;
  daemon = run('bash', ['-c', line], PROXIES);
  const ready = () =>
    fetch(`${server}/readyz`).then(
      ({ok}) => ok,
      () => daemon.child.exitCode !== null,
    );
  await until(ready, LONG_MS, () => daemon.output());
  const created = run(NODE, [BIN, 'app', 'create', 'here', '--server', server]);
  expect(await created.ended, created.output() + daemon.output()).toBe(0);
});

afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await daemon.ended;
  rmSync(folder, {recursive: true, force: true});
});

describe('without a home, with few open files, past a proxy of the environment', () => {
  it('a daemon with its store runs', () => {
    expect(daemon.child.exitCode).toBeNull();
    expect(daemon.output()).toContain('"msg":"ready"');
  });

  it('a container joins, and the command line reads', async () => {
    const args = ['container', 'run', '-a', 'here', '--endpoints', store];
    const container = run(NODE, [BIN, ...args], PROXIES);
    await until(
      () => container.output().includes('"ready"'),
      LONG_MS,
      () => container.output(),
    );
    container.child.kill('SIGTERM');
    expect(await container.ended).toBe(0);
    const read = run(NODE, [BIN, 'app', 'ls', '--server', server], PROXIES);
    expect(await read.ended, read.output()).toBe(0);
    expect(read.output()).toContain('here');
  });

  it('sm dev comes up, and ends in time', async () => {
    const args = ['dev', '--containers', '1', '--shards', '1', '--port', '0', '--store-port', '0'];
    const dev = run(NODE, [BIN, ...args, '-o', 'jsonl'], {...PROXIES, HOME: folder});
    await until(
      () => dev.output().includes('"placed"'),
      LONG_MS,
      () => dev.output(),
    );
    dev.child.kill('SIGTERM');
    expect(await dev.ended).toBe(0);
  });

  it.each(['1ms', '600ms', '1200ms'])(
    'sm dev that is told to end after %s does end, whichever step it is in',
    async (timeout) => {
      const args = ['dev', '--port', '0', '--store-port', '0', '--timeout', timeout];
      const dev = run(NODE, [BIN, ...args]);
      const code = await dev.ended;
      // A fast machine is up by then, and ends in order.
      if (code === 0) return;
      expect(code, dev.output()).toBe(7);
      expect(dev.output()).toContain('before it was up');
    },
  );
});

describe('a file of contexts that this user may not read', () => {
  it('stops nothing, unless a context is asked for', async () => {
    const config = join(folder, 'config', 'sm');
    mkdirSync(config, {recursive: true});
    writeFileSync(join(config, 'config.yml'), 'contexts: {}\n', {mode: 0o600});
    const env = {XDG_CONFIG_HOME: join(folder, 'config')};
    const as = ['--reuid', '54321', '--clear-groups', NODE, BIN];
    const read = run('setpriv', [...as, 'app', 'ls', '--server', server], env);
    expect(await read.ended, read.output()).toBe(0);
    const asked = run('setpriv', [...as, 'app', 'ls', '--context', 'prod'], env);
    expect(await asked.ended, asked.output()).toBe(2);
    expect(asked.output()).toContain('EACCES');
  });
});

describe('where too few files may be open', () => {
  // From what Node itself needs to what a command needs: each step fails while another part is loaded.
  it.each([22, 26, 30, 36])(
    'ulimit -n %d: a command says so, and prints no stack',
    async (limit) => {
      const line = `ulimit -n ${limit}; exec ${NODE} ${BIN} serve -c ${join(folder, 'sm.yml')}`;
      const few = run('bash', ['-c', line]);
      expect(await few.ended, few.output()).toBe(2);
      expect(few.output()).toContain('too few files may be open at once');
      expect(few.output()).toContain('ulimit -n 1024');
      expect(few.output()).not.toMatch(/^ +at |bug/m);
    },
  );
});

describe('as the first process of a container', () => {
  it.each([
    ['events -w', () => ['events', '-w', '--server', server], 'watching'],
    [
      'container run that waits for its app',
      () => ['container', 'run', '-a', 'none', '--endpoints', store, '--wait-for-app'],
      'waiting for the app',
    ],
  ])('%s ends at SIGTERM', async (_name, args, said) => {
    const outer = run('unshare', ['--pid', '--fork', '--kill-child', NODE, BIN, ...args()]);
    await until(
      () => outer.output().includes(said),
      LONG_MS,
      () => outer.output(),
    );
    const of = outer.child.pid ?? 0;
    process.kill(Number(readFileSync(`/proc/${of}/task/${of}/children`, 'utf8').trim()), 'SIGTERM');
    const limit = new Promise((resolve) => setTimeout(resolve, LONG_MS, 'still there'));
    expect(await Promise.race([outer.ended, limit])).toBe(143);
  });
});

describe('a reader that has seen enough', () => {
  it('ends events -w at once', async () => {
    const line = `${NODE} ${BIN} events -w --server ${server} | grep -m1 watching`;
    const piped = run('bash', ['-c', line]);
    await until(
      () => piped.output().includes('watching'),
      LONG_MS,
      () => piped.output(),
    );
    // The next comment of the stream would be a write to the closed pipe, which would end it, too: there is none.
    await suspend(daemon.child.pid);
    try {
      const limit = new Promise((resolve) => setTimeout(resolve, LONG_MS, 'still there'));
      expect(await Promise.race([piped.ended, limit])).toBe(0);
    } finally {
      daemon.child.kill('SIGCONT');
    }
  });
});

describe('the command line', () => {
  const sm = async (...args: string[]): Promise<[number | string | null, string]> => {
    const command = run(NODE, [BIN, ...args]);
    return [await command.ended, command.output()];
  };

  it.each([['-h'], ['app', '-h'], ['app', 'get', '-h'], ['shard', 'ls', '-a', 'x', '-h']])(
    'shows help at -h: %s %s',
    async (...args) => {
      const [exit, output] = await sm(...args);
      expect({exit, output}).toMatchObject({exit: 0});
      expect(output).toContain('USAGE');
    },
  );

  it('gives its version as a document, and one form of a result', async () => {
    const [exit, output] = await sm('--version', '--json');
    expect([exit, JSON.parse(output)]).toMatchObject([0, {kind: 'Version'}]);
    const [two, refusal] = await sm('app', 'ls', '--json', '-o', 'yaml', '--server', server);
    expect(two).toBe(2);
    expect(refusal).toContain('two different output formats');
  });

  it('suggests an app that there is', async () => {
    const [exit, output] = await sm('app', 'get', 'hree', '--server', server);
    expect(exit).toBe(3);
    expect(output).toContain('did you mean here?');
  });

  it('refuses what is not UTF-8 with its place, and a file that says nothing', async () => {
    const file = join(folder, 'apps.yml');
    writeFileSync(file, Buffer.from('apps:\n  - name: M\xfcnchen\n', 'latin1'));
    const [latin, complaint] = await sm('validate', '-f', file);
    expect([latin, complaint]).toEqual([
      2,
      expect.stringContaining(`${file}:2:12: this is not UTF-8`),
    ]);
    writeFileSync(file, '# later\n');
    const [empty, why] = await sm('validate', '-f', file);
    expect([empty, why]).toEqual([2, expect.stringContaining('the file is empty')]);
    const given = run('bash', ['-c', `${NODE} ${BIN} app get $'M\\xfcnchen' --server ${server}`]);
    expect(await given.ended).toBe(2);
    expect(given.output()).toContain('not UTF-8 at character 2');
  });

  it('shows what was done, as one document, also when the wait for it is over', async () => {
    let stdout = '';
    // It is the limit of each call, too: a machine that needs more gets more.
    for (const seconds of [1, 10, 100]) {
      const command = run(NODE, [
        ...[BIN, 'shard', 'add', `late-${seconds}`, '--wait', '--timeout', `${seconds}s`],
        ...['--json', '-a', 'here', '--server', server],
      ]);
      command.child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
      expect(await command.ended).toBe(7);
      expect(command.output()).toContain('code: TIMEOUT (exit 7)');
      if (!stdout.includes('"Error"')) break;
      stdout = '';
    }
    expect(JSON.parse(stdout)).toMatchObject({result: 'created'});
  });

  it('stops a shard by a pin to a container that is not alive only when that is confirmed', async () => {
    const place = ['-a', 'here', '--server', server];
    expect((await sm('shard', 'add', 's1', ...place))[0]).toBe(0);
    const [exit, output] = await sm('shard', 'pin', 's1', 'nobody', ...place);
    expect(exit).toBe(2);
    expect(output).toContain(
      'shard s1 would run nowhere: it is pinned to a container that is not alive',
    );
    expect((await sm('shard', 'get', 's1', '--json', ...place))[1]).not.toContain('nobody');
    expect((await sm('shard', 'pin', 's1', 'nobody', '--confirm', 's1', ...place))[0]).toBe(0);
  });
});
