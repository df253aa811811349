/**
 * The other commands of README.md, as they stand there: `npm link`, tab completion, the daemon with a store of its own, and on it each
 * command of the table. What is not run is in a list below, with the reason.
 */
import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {freePorts} from '../support/free-ports.ts';
import {ownFolder} from '../support/own-folder.ts';
import {
  ROOT,
  block,
  blocks,
  inlineCommands,
  killGroup,
  sampleWithoutEtcd,
  shell,
  tableRows,
} from '../support/readme.ts';
import type {Shell} from '../support/readme.ts';
import {Tmux} from '../support/tmux.ts';
import {HANG_MS, LONG_MS, until} from '../support/until.ts';

const LINK = 'npm link';
const COMPLETION = 'source <(sm autocomplete bash)';
const EMBEDDED = 'sm serve --config-file sample.yml --embedded --data-dir sm-data';

/** Commands of the text that this file does not run. */
const NOT_RUN: Readonly<Record<string, string>> = {
  'npm run demo': 'demo.test.ts runs it',
  'npm run bench': 'measures for hours; the text tells where figures come from',
  'sm store accept-restore': 'for a restored etcd only; contract-cases.ts runs it',
  'npm pack': 'package.test.ts runs it',
  'npm install PATH/sm-shard-manager-0.1.0.tgz':
    'asks a registry; package.test.ts uses what it puts there',
  'sm app create orders': 'stands in a block, which readme-etcd.test.ts runs',
};
/** Rows of the table that name no command: scripts, which ci-script.test.ts runs. */
const SCRIPT_ROWS: Readonly<Record<string, readonly string[]>> = {
  'All of this in a CI pipeline': ['examples/ci/lifecycle.sh', 'rolling-restart.sh'],
};

/** Commands that go on until they are ended: what shows that they run, the key that ends them, and the exit code for that key. */
const LIVE: Readonly<Record<string, readonly [shows: RegExp, key: string, exit: number]>> = {
  'sm top': [/ LIVE [^]*q quit/, 'q', 0],
  'sm container ls -a orders --watch': [/ LIVE [^]*orders-2[^]*q quit/, 'q', 0],
  'sm moves watch -a orders': [/ LIVE [^]*q quit/, 'q', 0],
  'sm events -w': [/watching from revision \d+/, 'C-c', 130],
};

/** What the table takes as given before one of its commands. */
const GIVEN: Readonly<Record<string, string>> = {
  // A file that asks for one more shard, the one that later rows name.
  'sm diff -f apps.yml': 'sm export -a orders >apps.yml; echo "      - eu-1" >>apps.yml',
  'sm shard locate -a orders eu-1': 'sm wait shard/orders/eu-1 --for ready',
  // The upgrade is over.
  'sm shard pin -a orders eu-1 orders-2': 'sm container uncordon -a orders orders-2',
};
/** The row that makes what the others look at. */
const FIRST = 'sm app create orders --shards 40';
const CONTAINERS = ['orders-1', 'orders-2', 'orders-3'];

const rows = tableRows().filter(({task}) => SCRIPT_ROWS[task] === undefined);
const commands = rows
  .toSorted((a, b) => Number(b.commands.includes(FIRST)) - Number(a.commands.includes(FIRST)))
  .flatMap((row) => row.commands);

const folder = ownFolder('readme');
const started: Shell[] = [];
const env: NodeJS.ProcessEnv = {
  npm_config_prefix: join(folder, 'npm'),
  // It asks no registry for anything.
  npm_config_audit: 'false',
  npm_config_update_notifier: 'false',
  PATH: `${join(folder, 'npm', 'bin')}:${process.env['PATH'] ?? ''}`,
};
let endpoint = '';

beforeAll(async () => {
  const [port, storePort] = await freePorts(2);
  endpoint = `127.0.0.1:${storePort}`;
  Object.assign(env, {SM_SERVER: `http://127.0.0.1:${port}`, SM_ENDPOINTS: endpoint});
  const sample = sampleWithoutEtcd().replace('port: 8801', `port: ${port}`);
  writeFileSync(join(folder, 'sample.yml'), `${sample}embedded: {port: ${storePort}}\n`);
  // For terminals: a shell that tmux starts may begin with a PATH of its own.
  const lines = ['PATH', 'SM_SERVER'].map((name) => `export ${name}='${env[name]}'\n`);
  writeFileSync(join(folder, 'environment'), lines.join(''));
});

afterAll(async () => {
  for (const each of started) killGroup(each);
  await Promise.all(started.map(({closed}) => closed));
});

function start(script: string, cwd = folder): Shell {
  const run = shell(script, cwd, env);
  started.push(run);
  return run;
}

/** Runs it to its end, which has to be exit code 0. */
async function run(script: string, cwd = folder): Promise<string> {
  const own = start(script, cwd);
  const {child, closed, output} = own;
  const hung = setTimeout(() => killGroup(own), HANG_MS);
  await closed;
  clearTimeout(hung);
  expect(child.exitCode, `${script}\n${output()}`).toBe(0);
  return output();
}

/** On a terminal of its own, until it shows that it runs; then the key. */
async function runLive(command: string): Promise<void> {
  const [shows, key, exit] = LIVE[command] ?? [/^/, 'q', 0];
  const tmux = await Tmux.start({columns: 100, rows: 30, folder});
  let screen = '';
  const seen = async (wanted: RegExp): Promise<boolean> => {
    screen = await tmux.screen();
    return wanted.test(screen);
  };
  const sees = (wanted: RegExp): Promise<boolean> =>
    until(
      () => seen(wanted),
      LONG_MS,
      () => `${command} shows ${wanted.source}:\n${screen}`,
    );
  try {
    await sees(/^[$#]/);
    await tmux.enter('. ./environment');
    await tmux.enter(`${command}; echo exit=$?`);
    await sees(shows);
    await tmux.keys(key);
    await sees(new RegExp(`exit=${exit}$`, 'm'));
  } finally {
    await tmux.kill();
  }
}

describe('every command of README.md', () => {
  it('is run here, or is in a list with its reason', () => {
    const known = [LINK, COMPLETION, EMBEDDED, ...Object.keys(NOT_RUN)];
    const others = inlineCommands().filter((command) => !commands.includes(command));
    expect(new Set(others)).toEqual(new Set(known));
    expect(rows.filter((row) => row.commands.length === 0)).toEqual([]);
    expect(commands).toContain(FIRST);
    for (const given of [...Object.keys(LIVE), ...Object.keys(GIVEN)])
      expect(commands).toContain(given);
  });

  it('that stands in a block is run: by readme.test.ts, .ci/run and readme-etcd.test.ts', () => {
    const [dev, test, ...rest] = blocks();
    expect(dev).toBe(block('Two commands'));
    expect(readFileSync(join(ROOT, '.ci', 'run'), 'utf8')).toContain(test);
    expect(rest).toEqual([block('With etcd')]);
  });

  it('that is a script is run by ci-script.test.ts', () => {
    const test = readFileSync(join(ROOT, 'test', 'e2e', 'ci-script.test.ts'), 'utf8');
    const cells = new Map(tableRows().map(({task, cell}) => [task, cell]));
    for (const [task, scripts] of Object.entries(SCRIPT_ROWS)) {
      const named = [...(cells.get(task) ?? '').matchAll(/\[([^\]]+)\]/g)].map(([, name]) => name);
      expect(named).toEqual(scripts);
      for (const script of scripts) expect(test).toContain(script.split('/').at(-1));
    }
  });
});

it(`${LINK} installs sm as a command`, async () => {
  await run(LINK, ROOT);
  expect((await run('command -v sm; sm --version')).split('\n')).toEqual([
    join(folder, 'npm', 'bin', 'sm'),
    expect.stringContaining('sm-shard-manager/'),
    '',
  ]);
});

it(`${COMPLETION} turns on tab completion`, async () => {
  const words = 'COMP_WORDS=(sm shard wh); COMP_CWORD=2; COMP_LINE="sm shard wh"; COMP_POINT=11';
  const asked = `${words}; "$name"; echo "\${COMPREPLY[@]}"`;
  const name = 'name=$(complete -p sm | sed "s/.* -F \\([^ ]*\\) .*/\\1/")';
  expect(await run(`${COMPLETION}\n${name}; declare -F "$name" >&2; ${asked}`)).toContain('why');
});

it(`${EMBEDDED} becomes ready`, async () => {
  const daemon = start(EMBEDDED);
  const ready = (): Promise<boolean> =>
    fetch(`${env['SM_SERVER']}/readyz`).then(
      ({ok}) => ok,
      () => false,
    );
  await until(ready, LONG_MS, () => `it is ready: ${daemon.output()}`);
  expect(daemon.child.exitCode).toBeNull();
  // They wait for the app that the first row creates.
  for (const id of CONTAINERS) start(`sm container run -a orders --id ${id} --wait-for-app`);
});

describe('of the table', () => {
  it.each(commands)('%s', async (command) => {
    const given = GIVEN[command];
    if (given !== undefined) await run(given);
    await (command in LIVE ? runLive(command) : run(command.replace('127.0.0.1:2379', endpoint)));
  });

  it('what they asked for is there', async () => {
    await run('sm wait app/orders --for ready');
    const {items} = JSON.parse(await run('sm shard ls -a orders --json')) as {
      items: {id: string; container: string; state: string}[];
    };
    expect(items).toHaveLength(41);
    expect(items.find(({id}) => id === 'eu-1')).toMatchObject({
      container: 'orders-2',
      state: 'ready',
    });
  });
});
