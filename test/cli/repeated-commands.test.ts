/** Commands that are run again, or while something else goes on. */
import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import AppCreate from '../../src/commands/app/create.ts';
import AppPause from '../../src/commands/app/pause.ts';
import AppRm from '../../src/commands/app/rm.ts';
import Apply from '../../src/commands/apply.ts';
import ContainerCanStop from '../../src/commands/container/can-stop.ts';
import MovesLs from '../../src/commands/moves/ls.ts';
import ShardAdd from '../../src/commands/shard/add.ts';
import ShardPin from '../../src/commands/shard/pin.ts';
import ShardRm from '../../src/commands/shard/rm.ts';
import Undo from '../../src/commands/undo.ts';
import {ownFolder} from '../support/own-folder.ts';
import {runCommand} from '../support/run-command.ts';

const UNCHANGED = {result: 'unchanged', changed: false, revision: '7'};

describe('app rm --wait', () => {
  const rm = ['orders', '--confirm', 'orders', '--wait'];
  const missing = [{id: 'orders', reason: 'its spec exists'}];

  it('waits for a removal that somebody has begun before', async () => {
    let looks = 0;
    const {exit, asked, stdout} = await runCommand(AppRm, rm, {
      'del-spec': () => UNCHANGED,
      'wait-check': () =>
        (looks += 1) < 2
          ? {met: false, missing, missingCount: 1, revision: '8'}
          : {met: true, missing: [], missingCount: 0, revision: '9'},
    });
    expect(asked.map(([call]) => call)).toEqual(['del-spec', 'wait-check', 'wait-check']);
    expect({exit, stdout}).toEqual({exit: 0, stdout: 'app orders unchanged\n'});
  });

  it('waits for nothing where there is no app', async () => {
    const gone = {error: 'no such app', code: 'APP_NOT_FOUND', hint: '', retryable: false};
    const {exit, asked} = await runCommand(AppRm, [...rm, '--ignore-not-found'], {
      'del-spec': () => gone,
    });
    expect({exit, calls: asked.length}).toEqual({exit: 0, calls: 1});
  });
});

describe('app create --if-not-exists', () => {
  const create = ['orders', '--if-not-exists', '--shards', '40'];
  const there = (deleting: boolean) => ({
    'get-spec': () => ({services: ['orders']}),
    'get-app': () => ({app: {service: 'orders', deleting}, revision: '7'}),
    'add-shards': () => ({items: [], changed: true, failed: 0, revision: '8'}),
  });

  it('adds no shards to an app that is there', async () => {
    const {exit, asked, stderr} = await runCommand(AppCreate, create, there(false));
    expect(exit).toBe(0);
    expect(asked.map(([call]) => call)).toEqual(['get-spec', 'get-app']);
    expect(stderr).toContain('app orders exists already: no shards are added');
  });

  it('does not take an app for there that is being removed', async () => {
    const {exit, stderr} = await runCommand(AppCreate, create, there(true));
    expect(exit).toBe(4);
    expect(stderr).toContain('app orders is being removed');
  });
});

describe('app create --shards', () => {
  const create = ['orders', '--shards', '3'];
  const error = 'app orders has a quota of 2 shards';
  const made = (result: string, items: readonly object[], failed = 0) => ({
    'add-spec': () => ({result, changed: result === 'created', revision: '7'}),
    'add-shards': () => ({items, changed: true, failed, revision: '8'}),
  });
  const items = ['1', '2', '3'].map((shardId) => ({shardId, result: 'created'}));

  it('says of an app that is there how many shards were added', async () => {
    const people = await runCommand(AppCreate, create, made('unchanged', items));
    expect(people.stdout).toBe('app orders unchanged, 3 shards added\n');
    const json = [...create, '--json'];
    const programs = await runCommand(AppCreate, json, made('unchanged', items));
    const result = {result: 'unchanged', changed: true, revision: '8', shards: 3, failed: 0};
    expect(JSON.parse(programs.stdout)).toMatchObject(result);
  });

  it('counts as added only what was not there', async () => {
    const again = items.map(({shardId}, index) => ({
      ...{shardId, result: index < 2 ? 'unchanged' : 'created'},
    }));
    const {stdout} = await runCommand(AppCreate, create, made('unchanged', again));
    expect(stdout).toBe('app orders unchanged, 1 shard added, 2 unchanged\n');
  });

  it('says which shard was not added, and why', async () => {
    const some = [...items.slice(0, 2), {shardId: '3', result: 'refused', error}];
    const {exit, stdout} = await runCommand(AppCreate, create, made('created', some, 1));
    expect({exit, stdout}).toEqual({
      exit: 9,
      stdout: `app orders created, 2 shards added, 1 failed\nshard 3 refused: ${error}\n`,
    });
  });
});

describe('moves ls', () => {
  const moves = {
    ...{running: [], queued: [], finished: [], quiet: null, revision: '7'},
    ...{runningCount: 2, queuedCount: 0, finishedCount: 0},
  };
  it('does not say that nothing moves where no move is in the state that was asked for', async () => {
    const queued = ['-a', 'orders', '--state', 'queued'];
    const filtered = await runCommand(MovesLs, queued, {moves: () => moves});
    expect(filtered.stdout + filtered.stderr).toContain('no move is queued');
    const all = await runCommand(MovesLs, ['-a', 'orders'], {
      moves: () => ({...moves, runningCount: 0}),
    });
    expect(all.stdout + all.stderr).toContain('nothing moves');
  });
});

describe('a dry run of a change of several shards says so', () => {
  const items = ['a', 'b'].map((shardId) => ({shardId, result: 'created'}));
  const answer = {items, changed: true, failed: 0, revision: '8'};
  it.each([
    ['add-shards', ShardAdd],
    ['del-shards', ShardRm],
  ])('%s', async (call, command) => {
    const line = ['a', 'b', '--dry-run', '-a', 'orders'];
    const people = await runCommand(command, line, {[call]: () => answer});
    expect(people.stderr).toContain('dry run: nothing was changed');
    const programs = await runCommand(command, [...line, '--json'], {[call]: () => answer});
    expect(JSON.parse(programs.stdout)).toMatchObject({kind: 'ShardChangeList', dryRun: true});
  });
});

describe('container can-stop --wait', () => {
  const ask = ['c1', '-a', 'orders', '--holder', 'deploy-1', '--wait'];
  const verdict = {...UNCHANGED, objections: [], permissions: [], unavailable: []};
  const yes = {...verdict, allowed: true, maxUnavailable: 1};

  it('outlives the restart of a daemon, and other deploys that ask at once', async () => {
    const busy = {error: 'too many at once', code: 'CONFLICT', hint: '', retryable: true};
    const said: (object | 'away')[] = ['away', busy, yes];
    const {exit, asked} = await runCommand(ContainerCanStop, ask, {
      'can-stop': () => said.shift() ?? 'away',
    });
    expect({exit, asked: asked.length}).toEqual({exit: 0, asked: 3});
  });

  it('ends by its limit where no daemon comes back', async () => {
    const {exit, stderr} = await runCommand(ContainerCanStop, [...ask, '--timeout', '1s'], {});
    expect(exit).toBe(7);
    expect(stderr).toContain('no permission after 1 s; reason: http://127.0.0.1:');
  });

  it('ends at once by what waiting cannot fix', async () => {
    const none = {
      error: 'no such container',
      code: 'CONTAINER_NOT_FOUND',
      hint: '',
      retryable: false,
    };
    const {exit} = await runCommand(ContainerCanStop, ask, {'can-stop': () => none});
    expect(exit).toBe(3);
  });
});

it('apply --wait says that it waited in vain, also where a shard was refused', async () => {
  const folder = ownFolder('apply');
  const file = join(folder, 'apps.yml');
  writeFileSync(file, 'apps: [{name: orders, shards: [a]}]');
  const app = {maxShardCount: 0, maxRecoveryTime: 10, paused: false, workerGroups: {}};
  const [revision, service] = ['7', 'orders'];
  const missing = [{id: 'b', reason: 'unplaced'}];
  const items = [{shardId: 'a', result: 'conflict', error: 'exists with other content'}];
  const {exit, stderr} = await runCommand(Apply, ['-f', file, '--wait', '--timeout', '1s'], {
    'export-app': () => ({service, app: {...app, shards: []}, specRevision: '5', revision}),
    'begin-apply': () => ({...UNCHANGED, resumed: false}),
    'add-shards': () => ({items, changed: false, failed: 1, revision}),
    'end-apply': () => UNCHANGED,
    'wait-check': () => ({met: false, missing, missingCount: 1, revision}),
  });
  expect(exit).toBe(9);
  expect(stderr).toContain('shard/a: exists with other content');
  expect(stderr).toContain('app/orders is not ready after 1 s');
});

describe('a pause and a pin that are there already', () => {
  const warning = 'it ends by itself';
  it.each([
    ['update-spec', AppPause, ['orders']],
    ['update-shard', ShardPin, ['eu-1', 'c1', '-a', 'orders']],
  ] as const)('%s: passes on what the daemon warns of', async (call, command, line) => {
    const {exit, stderr} = await runCommand(command, line, {
      [call]: () => ({...UNCHANGED, warning}),
      'get-containers': () => ({containers: [], revision: '7'}),
    });
    expect(exit).toBe(0);
    expect(stderr).toContain(warning);
  });
});

describe('undo of the newest change', () => {
  const undone = {operation: 'updateSpec', at: '', who: 'ops', objects: ['app/orders']};
  const answer = (revision: string) => ({
    ...{result: 'configured', changed: true, revision: '9'},
    undone: {...undone, revision, objectCount: 1},
  });

  it('undoes the change that it has asked about, and none that was made meanwhile', async () => {
    let newest = 7;
    const {exit, asked} = await runCommand(Undo, ['-a', 'orders'], {
      undo: () => answer(String(newest++)),
    });
    expect(exit).toBe(0);
    expect(asked.map(([, body]) => body)).toMatchObject([{entry: '', dryRun: true}, {entry: '7'}]);
  });
});
