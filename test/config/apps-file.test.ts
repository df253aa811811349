import {readFileSync} from 'node:fs';
import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {parseApps} from '../../src/config/apps-file.ts';
import {printApps} from '../../src/config/apps-print.ts';
import {appsSchema, configSchema, explain} from '../../src/config/explanations.ts';
import {SETTINGS} from '../../src/config/settings.ts';
import {shardIdProblem} from '../../src/model/ids.ts';

const parse = (text: string) => parseApps([{file: 'apps.yml', text}]);

describe('apps.yml', () => {
  it('gives lists, ranges, groups and pins as one sorted whole', () => {
    const [orders, search] = parse(readFileSync('examples/apps.yml', 'utf8'));
    expect(orders?.shards).toHaveLength(63);
    expect(orders?.shards[1]).toEqual({
      ...{shardId: 'eu-001', task: '{"region": "eu"}', manualContainerId: 'orders-1'},
      ...{group: '', workerGroup: '', load: {}, spreadKey: '', priority: 0},
    });
    expect(orders?.shards.at(-1)?.shardId).toBe('us-9');
    expect(orders?.workerGroups).toEqual({gpu: ['orders-gpu-1', 'orders-gpu-2']});
    expect(search).toMatchObject({paused: true, maxRecoveryTime: 0, maxShardCount: 0});
  });

  const faults: readonly (readonly [string, string])[] = [
    ['apps:\n  - nmae: a\n', 'apps.yml:2:5: apps[0]: unknown key "nmae", did you mean name?'],
    [
      'apps:\n  - {name: a, maxShardCount: many}\n',
      'apps.yml:2:30: apps[0].maxShardCount is not a whole',
    ],
    [
      'apps:\n  - {name: a, shards: [007]}\n',
      'apps.yml:2:24: apps[0].shards[0] is not text: put it in',
    ],
    ['apps:\n  - {name: a/b}\n', 'apps.yml:2:12: apps[0].name app name holds characters'],
    ['apps:\n  - {name: a, shards: [{task: x}]}\n', 'apps[0].shards[0] needs either id or range'],
    ['apps:\n  - {name: a, shards: [{range: x}]}\n', 'is not of the form eu-{001..100}'],
    ['apps:\n  - {name: a, shards: [{range: "x{9..1}"}]}\n', 'has a start after its end'],
    ['apps:\n  - {name: a, shards: [s, s]}\n', 'shard s is listed twice'],
    ['apps:\n  - {name: a, pins: {s: c1}}\n', 'pins names s, which is not a shard'],
    [
      'apps:\n  - {name: a, workerGroups: {007: [c1]}}\n',
      'workerGroups: a key is not text: put it',
    ],
    [
      'apps:\n  - {name: a}\n  - {name: a}\n',
      'apps.yml:3:5: app a is already declared at apps.yml:2:5',
    ],
    ['apps:\n  - {name: a, name: b}\n', 'apps.yml:2:'],
    ['apps: &x\n  - {name: a, shards: *x}\n', 'is an alias'],
    ['apps: [', 'apps.yml:1:'],
    ['- a\n', 'apps.yml:1:1: the file is not a map'],
    ['{}\n', 'the file lacks apps'],
  ];
  for (const [text, message] of faults) {
    it(`says where: ${message}`, () => {
      expect(() => parse(text)).toThrow(message);
    });
  }

  it('of many pins takes time that grows with the file', () => {
    const costOf = (count: number): number => {
      const ids = Array.from({length: count}, (_, at) => `s${at}`);
      const pins = ids.map((id) => `      ${id}: c1\n`).join('');
      const text = `apps:\n  - name: a\n    shards: [${ids.join(', ')}]\n    pins:\n${pins}`;
      const before = process.cpuUsage();
      expect(parse(text)[0]?.shards).toHaveLength(count);
      const {user, system} = process.cpuUsage(before);
      return user + system;
    };
    costOf(500);
    // Ten times as many in quadratic time take a hundred times as long.
    expect(costOf(20_000)).toBeLessThan(40 * costOf(2_000));
  });

  it('comes back from its print as it was, and prints to the same bytes', () => {
    const id = fc
      .string({minLength: 1, maxLength: 12, unit: 'grapheme-ascii'})
      .filter((text) => shardIdProblem(text) === undefined);
    const word = fc.stringMatching(/^[a-z0-9]{1,8}$/);
    const shard = fc.record({
      shardId: id,
      task: fc
        .string({unit: 'binary', maxLength: 20})
        .filter((text) => !/\p{Surrogate}/u.test(text)),
      manualContainerId: fc.option(word, {nil: ''}),
      group: fc.option(word, {nil: ''}),
      workerGroup: fc.option(word, {nil: ''}),
    });
    const shards = fc.uniqueArray(shard, {selector: ({shardId}) => shardId, maxLength: 8});
    const groups = fc.dictionary(word, fc.uniqueArray(word, {minLength: 1, maxLength: 3}));
    fc.assert(
      fc.property(word, shards, groups, fc.boolean(), (name, some, workerGroups, paused) => {
        const app = {
          ...{name, revision: '7', maxShardCount: 3, maxRecoveryTime: 0, paused},
          ...{shards: some, workerGroups},
        };
        const once = parse(printApps([app]));
        const printed = printApps(once.map((found) => ({...found, revision: '7'})));
        expect(parse(printed)).toEqual(once);
        expect(printApps(parse(printed).map((found) => ({...found, revision: '7'})))).toBe(printed);
        expect(once[0]?.shards.map(({task}) => task).sort()).toEqual(
          some.map(({task}) => task).sort(),
        );
      }),
      {numRuns: 200},
    );
  });
});

describe('explanations', () => {
  it('cover every key, name types and defaults, and guess at slips', () => {
    expect(explain('apps.shards.pin').summary).toContain('bound');
    expect(explain('apps.maxRecoveryTime')).toMatchObject({fallback: '10'});
    expect(explain('apps').keys.map(({name}) => name)).toContain('shards');
    for (const path of SETTINGS.keys()) expect(explain(`config.${path}`).summary).not.toBe('');
    expect(() => explain('apps.shards.pni')).toThrow();
    expect(() => explain('nothing')).toThrow();
  });

  it('are JSON Schemas, too', () => {
    expect(appsSchema()).toMatchObject({required: ['apps'], additionalProperties: false});
    // Endpoints are wanted unless the daemon has a store of its own.
    expect(configSchema()).toMatchObject({required: ['service', 'port', 'etcdPrefix']});
  });
});
