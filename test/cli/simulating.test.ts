/** What `sm sim` is given, and which app it takes. */
import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {beforeAll, describe, expect, it} from 'vitest';
import {simulate} from '../../src/cli/simulating.ts';
import {simulationLines} from '../../src/cli/simulation-lines.ts';
import type {SimulationRequest, Simulated} from '../../src/cli/simulating.ts';
import {ownFolder} from '../support/own-folder.ts';

const folder = ownFolder('sim');
const at = (name: string): string => join(folder, name);
const lines = (...events: object[]): string =>
  [{format: 'sm-trace', v: 1, app: 'traced', ttlMs: 10_000}, ...events]
    .map((one) => JSON.stringify(one))
    .join('\n');
const [A, B] = ['a', 'b'].map((container) => ({atMs: 0, event: 'join', container}));

beforeAll(() => {
  const files: Readonly<Record<string, string>> = {
    'one.yml':
      'apps: [{name: one, placement: {metrics: [{name: qps}]}, shards: [{id: s1, load: {qps: 3}}, {range: "s{2..6}"}]}]',
    'two.yml': 'apps: [{name: one, maxMoving: 7}, {name: two}]',
    'empty.yml': 'apps: [{name: empty}]',
    'joins.jsonl': lines(A ?? {}, B ?? {}, {atMs: 60_000, event: 'end'}),
    'whole.jsonl': lines(A ?? {}, {atMs: 0, event: 'add', shards: ['s1']}),
    'alone.jsonl': lines({atMs: 0, event: 'add', shards: ['s1']}),
    'bad.jsonl': `${lines(A ?? {})}\n{"atMs":NaN}`,
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(at(name), text);
});

function run(over: Partial<SimulationRequest>): Promise<Simulated> {
  return simulate({
    ...{files: [at('one.yml')], compare: undefined, app: undefined, times: {}},
    trace: {file: at('joins.jsonl')},
    onProgress: () => undefined,
    ...over,
  });
}

describe('a simulation', () => {
  it('takes the only app of the file, whatever the trace calls it', async () => {
    const {app, runs, trace, unseen} = await run({});
    expect(app).toBe('one');
    expect(trace.app).toBe('traced');
    expect(runs.map(({name, result}) => [name, result.shards])).toEqual([['one.yml', 6]]);
    expect(unseen).toEqual([]);
    expect(Object.keys(runs[0]?.result.imbalanceOf ?? {})).toEqual(['qps']);
  });

  it('compares the same shards under another policy, or under none', async () => {
    const other = await run({compare: at('two.yml'), app: 'one'});
    expect(other.runs.map(({name, result}) => [name, result.shards])).toEqual([
      ['one.yml', 6],
      ['two.yml', 6],
    ]);
    const none = await run({compare: 'defaults'});
    expect(none.runs.map(({name, result}) => [name, result.shards])).toEqual([
      ['one.yml', 6],
      ['defaults', 6],
    ]);
  });

  it('says which metric the trace says nothing of', async () => {
    const {unseen} = await run({
      trace: {file: at('joins.jsonl')},
      files: [at('empty.yml'), at('one.yml')],
      app: 'one',
    });
    expect(unseen).toEqual([]);
    writeFileSync(
      at('unseen.yml'),
      'apps: [{name: u, placement: {metrics: [{name: ram}]}, shards: [a]}]',
    );
    expect((await run({files: [at('unseen.yml')]})).unseen).toEqual(['ram']);
  });

  it('that measured nothing says so, instead of figures that look perfect', async () => {
    writeFileSync(
      at('homeless.yml'),
      'apps: [{name: h, shards: [a, {id: b, workerGroup: gpu}], workerGroups: {gpu: [none]}}]',
    );
    const of = async (times: object): Promise<string> => {
      const {runs, trace} = await run({files: [at('homeless.yml')], times});
      const title = {app: 'h', trace, runs};
      return simulationLines(title, (times as {fromMs?: number}).fromMs).join('\n');
    };
    const late = await of({fromMs: 7_200_000});
    expect(late).toContain('nothing was measured: the trace ends after');
    expect(late).not.toContain('at no time');
    expect(await of({})).toContain('! homeless.yml: nothing was measured: at no time');
    const whole = await of({fromMs: 0});
    expect(whole).not.toContain('nothing was measured');
    expect(whole).toContain('! 1 shard unserved at the end');
  });

  it('is titled by the app that is simulated, and says whose trace is played', async () => {
    const title = async (over: Partial<SimulationRequest>): Promise<string> => {
      const {app, trace, runs} = await run(over);
      return simulationLines({app, trace, runs})[0] ?? '';
    };
    expect(await title({})).toContain('simulation of app one (trace of app traced)');
    const bare = {files: [], trace: {file: at('whole.jsonl')}};
    expect(await title(bare)).toContain('simulation of app traced:');
    expect(await title({...bare, app: 'traced'})).toContain('simulation of app traced:');
    const made = {kind: 'partitions', seed: 1, containers: 2} as const;
    expect(await title({trace: made})).toContain('of app one (synthetic partitions, seed 1)');
  });

  it('without a file is of an app with every default', async () => {
    const {runs} = await run({files: [], trace: {kind: 'partitions', seed: 1, containers: 2}});
    expect(runs.map(({name}) => name)).toEqual(['defaults']);
  });

  it.each([
    ['several apps and none chosen', {files: ['two.yml']}, 'names several apps: one, two'],
    ['an app that is not there', {app: 'three'}, 'does not name app three, but one'],
    [
      'an app that the trace is not of, where no file declares one',
      {files: [], app: 'three', trace: {file: 'whole.jsonl'}},
      'whole.jsonl is a trace of app traced, not of three',
    ],
    ['a trace without containers', {trace: {file: 'alone.jsonl'}}, 'no container joins'],
    ['no shards', {files: ['empty.yml']}, 'neither the file nor the trace names a shard'],
    ['a bad trace', {trace: {file: 'bad.jsonl'}}, 'bad.jsonl:3: is not JSON'],
    ['no trace', {trace: {file: 'none.jsonl'}}, 'none.jsonl cannot be read'],
    ['stdin twice', {files: ['-'], trace: {file: '-'}}, 'only one input can be stdin'],
  ] as const)('refuses %s', async (_what, over, message) => {
    const {files, trace, ...rest} = over as Partial<SimulationRequest> & {trace?: {file: string}};
    const named = (name: string): string => (name === '-' ? name : at(name));
    await expect(
      run({
        ...rest,
        ...(files === undefined ? {} : {files: files.map(named)}),
        ...(trace === undefined ? {} : {trace: {file: named(trace.file)}}),
      }),
    ).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining(message) as string,
    });
  });
});
