/** Configuration files and apps files: each is a configuration or a list of faults with their places, and nothing else. */
import {parseApps} from '../../src/config/apps-file.ts';
import {parseConfig} from '../../src/config/load.ts';
import {SETTINGS} from '../../src/config/settings.ts';
import {SmError} from '../../src/model/errors.ts';
import type {Random} from '../simulation/random.ts';
import {inProcess} from './in-process.ts';
import type {Outcome} from './in-process.ts';
import {PIECES, hostileValue, jsonText, mutatedText} from './mutation.ts';

type Input = {readonly of: 'daemon' | 'apps'; readonly text: string; readonly embedded: boolean};

const FILE = 'fuzz.yml';
const GOOD: Readonly<Record<string, readonly unknown[]>> = {
  service: ['foo.bar'],
  port: [8801],
  endpoints: [['127.0.0.1:2379'], ['https://etcd-1:2379', '[::1]:2379']],
  etcdPrefix: ['/sm', '/a/b'],
  host: ['127.0.0.1', '0.0.0.0', '::1'],
  'log.level': ['debug'],
  'heartbeat.ttlMs': [3_000],
  'embedded.port': [2379],
  'embedded.quotaBytes': [2 ** 30],
  compaction: ['off'],
  auth: ['none'],
};
const APPS = {
  apps: [
    {
      ...{name: 'orders', maxShardCount: 10, maxRecoveryTime: 5, paused: false, revision: '12'},
      workerGroups: {big: ['c1', 'c2']},
      pins: {'eu-001': 'c1'},
      shards: [
        'a',
        {id: 'b', task: 't', group: 'g', pin: 'c2'},
        {range: 'eu-{001..010}', workerGroup: 'big'},
      ],
    },
    {name: 'users', shards: ['u1']},
  ],
};
/** What only YAML has; bombs among them. */
const YAML_PIECES: readonly string[] = [
  ...[
    '&a ',
    '*a',
    '<<: *a',
    '!!binary ',
    '!!set ',
    '!<tag:x> ',
    '? ',
    '- - - ',
    '|\n ',
    '>-\n ',
    "'",
    '%YAML 1.1\n---\n',
  ],
  ...[
    '---\n',
    '...\n',
    '\t',
    '{',
    '[',
    '}',
    ']',
    ', ',
    ': ',
    '#',
    '\u0085',
    '\u2028',
    '@',
    '`',
    '~',
    '.inf',
    '0o17',
  ],
  'a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c]\n',
];

export const configTarget = inProcess<Input>({
  name: 'config',
  group: 'config',
  weight: 2,
  make: (random) => {
    const of = random.chance(0.6) ? 'daemon' : 'apps';
    const text = of === 'daemon' ? settingsText(random) : appsText(random);
    return {of, text: torn(text, random), embedded: random.chance(0.3)};
  },
  run: ({of, text, embedded}): Outcome => {
    try {
      if (of === 'daemon') parseConfig(text, FILE, {embedded});
      else parseApps([{file: FILE, text}]);
      return {kind: `${of} taken`};
    } catch (error) {
      if (!(error instanceof SmError)) throw error;
      const isPlaced = error.message.split('\n').some((line) => line.startsWith(`${FILE}:`));
      const fault = error.code === 'INVALID_CONFIG' && isPlaced ? undefined : error.message;
      return {kind: `${of} refused`, fault};
    }
  },
});

function settingsText(random: Random): string {
  const lines = [...SETTINGS].flatMap(([path, {required}]) => {
    if (required !== true && !random.chance(0.25)) return [];
    const good = GOOD[path];
    const value = good !== undefined && random.chance(0.8) ? random.pick(good) : anyValue(random);
    return nested(path.split('.'), value);
  });
  return `${lines.join('\n')}\n`;
}

/** `a.b: 1` as a flow map or as it is written by people. */
function nested(path: readonly string[], value: unknown): string[] {
  const [name = '', ...rest] = path;
  if (rest.length === 0) return [`${name}: ${JSON.stringify(value) ?? 'null'}`];
  return [`${name}:`, ...nested(rest, value).map((line) => `  ${line}`)];
}

function anyValue(random: Random): unknown {
  return random.chance(0.5) ? hostileValue(random) : random.pick(PIECES);
}

function appsText(random: Random): string {
  if (random.chance(0.5)) return jsonText(APPS, random);
  const shards = Array.from({length: random.whole(0, 20)}, () =>
    random.chance(0.5) ? `s${random.whole(0, 30)}` : `{id: ${JSON.stringify(random.pick(PIECES))}}`,
  );
  const range = `eu-{${random.pick(['001', '1', '-1', '000000001'])}..${random.pick(['9', '099', '1000001', '1e9'])}}`;
  return `apps:\n- name: ${random.pick(['a', 'b', '..', '"\\0"'])}\n  shards: [${shards.join(', ')}, {range: "${range}"}]\n`;
}

function torn(text: string, random: Random): string {
  let result = text;
  for (let change = random.whole(0, 3); change > 0; change -= 1) {
    const at = random.whole(0, result.length);
    result = random.chance(0.5)
      ? result.slice(0, at) + random.pick(YAML_PIECES) + result.slice(at)
      : mutatedText(result, random, 1);
  }
  return result;
}
