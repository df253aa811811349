/** What apps.yml may hold: one description, from which files are checked, explained and described as JSON Schema. */
import {nameProblem, shardIdProblem} from '../model/ids.ts';
import type {Field, Shape} from './apps-shape.ts';
import {PLACEMENT_FIELDS, SHARD_TERM_FIELDS} from './placement-schema.ts';
import {RANGE_LIMIT} from './limits.ts';
import {
  MAX_MOVING_LIMIT,
  MAX_RECOVERY_TIME_DEFAULT_S,
  MAX_RECOVERY_TIME_LIMIT_S,
  MAX_SHARD_COUNT_LIMIT,
  TASK_MAX_CHARACTERS,
} from '../model/limits.ts';

/** `eu-{001..100}`: what stands before and behind, and two whole numbers; leading zeros give the width. */
const RANGE = /^(.*)\{(\d{1,9})\.\.(\d{1,9})\}(.*)$/su;

const shardId: Shape & {kind: 'text'} = {kind: 'text', problem: shardIdProblem};
const container: Shape = {kind: 'text', problem: (text) => nameProblem('container', text)};
const group: Shape = {kind: 'text', problem: (text) => nameProblem('group', text)};
const workerGroup: Shape = {kind: 'text', problem: (text) => nameProblem('worker group', text)};

const SHARD_FIELDS: Readonly<Record<string, Field>> = {
  id: {shape: shardId, summary: 'Id of one shard. Either id or range.'},
  range: {
    shape: {kind: 'text', problem: rangeProblem},
    summary: 'A range of shards such as eu-{001..100}: whole numbers; leading zeros set the width.',
  },
  task: {
    shape: {
      kind: 'text',
      problem: (text) =>
        text.length > TASK_MAX_CHARACTERS
          ? `is longer than ${TASK_MAX_CHARACTERS} characters`
          : undefined,
    },
    summary: 'Opaque payload given to the container that owns the shard.',
    fallback: '',
  },
  group: {shape: group, summary: 'Shards of one group are balanced among themselves.'},
  workerGroup: {
    shape: workerGroup,
    summary: 'Worker group (pool of containers) that the shard must run in.',
  },
  pin: {shape: container, summary: 'Container that the shard is bound to.'},
  ...SHARD_TERM_FIELDS,
};

const APP_FIELDS: Readonly<Record<string, Field>> = {
  name: {
    shape: {kind: 'text', problem: (text) => nameProblem('app', text)},
    summary: 'Name of the app.',
    required: true,
  },
  revision: {
    shape: {
      kind: 'text',
      problem: (text) => (/^\d{1,19}$/.test(text) ? undefined : 'is not a revision'),
    },
    summary:
      'Highest revision of the specs when they were exported. Informational only: to check it pass --if-revision.',
  },
  maxShardCount: {
    shape: {kind: 'count', most: MAX_SHARD_COUNT_LIMIT},
    summary: 'Maximum number of shards on one container; 0: no limit.',
    fallback: 0,
  },
  maxRecoveryTime: {
    shape: {kind: 'count', most: MAX_RECOVERY_TIME_LIMIT_S},
    summary: 'Seconds that the shards of a lost container wait for it to come back.',
    fallback: MAX_RECOVERY_TIME_DEFAULT_S,
  },
  maxMoving: {
    shape: {kind: 'count', most: MAX_MOVING_LIMIT},
    summary:
      'Maximum number of shards that planned moves take out of service at once; 0: a tenth of the shards, at least 4, at most 100.',
    fallback: 0,
  },
  placement: {
    shape: {kind: 'map', fields: PLACEMENT_FIELDS},
    summary: 'How shards are placed and moved. Fields that are left out have their defaults.',
  },
  paused: {
    shape: {kind: 'flag'},
    summary: 'No voluntary moves; recovery goes on.',
    fallback: false,
  },
  workerGroups: {
    shape: {
      kind: 'table',
      keyProblem: (key) => nameProblem('worker group', key),
      of: {kind: 'list', of: container},
    },
    summary: 'Container ids by worker group.',
  },
  pins: {
    shape: {kind: 'table', keyProblem: shardIdProblem, of: container},
    summary: 'Container by shard id: another way to write pin, for shards of a range.',
  },
  shards: {
    shape: {
      kind: 'list',
      of: {kind: 'either', text: shardId, map: {kind: 'map', fields: SHARD_FIELDS}},
    },
    summary: 'The shards: an id, or a map for a shard with more fields.',
  },
};

export const APPS_SHAPE: Shape & {kind: 'map'} = {
  kind: 'map',
  fields: {
    apps: {
      shape: {kind: 'list', of: {kind: 'map', fields: APP_FIELDS}},
      summary: 'The apps of this file.',
      required: true,
    },
  },
};

function rangeProblem(text: string): string | undefined {
  const match = RANGE.exec(text);
  if (match === null) return 'is not of the form eu-{001..100}';
  const [, before = '', first = '', last = '', after = ''] = match;
  if (Number(first) > Number(last)) return `has a start after its end`;
  if (Number(last) - Number(first) >= RANGE_LIMIT) return `has more than ${RANGE_LIMIT} shards`;
  return shardIdProblem(`${before}${last}${after}`);
}

/** The ids of a range that has no problem. */
export function idsOfRange(text: string): string[] {
  const [, before = '', first = '', last = '', after = ''] = RANGE.exec(text) ?? [];
  const width = first.startsWith('0') ? first.length : 0;
  const from = Number(first);
  return Array.from(
    {length: Number(last) - from + 1},
    (_, index) => `${before}${String(from + index).padStart(width, '0')}${after}`,
  );
}
