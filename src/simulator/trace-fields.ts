/** What each field of a line of a trace may hold. Pure. */
import {isFields} from '../model/fields.ts';
import type {Fields} from '../model/fields.ts';
import {nameProblem, shardIdProblem} from '../model/ids.ts';
import type {NameKind} from '../model/ids.ts';
import {nearestWords} from '../model/nearest.ts';
import {CAPACITY_LIMIT, LOAD_LIMIT, PRIORITY_LIMIT, WEIGHT_LIMIT} from '../model/limits.ts';

/** What is wrong with a value; undefined: nothing. */
export type FieldRule = (value: unknown) => string | undefined;

export function number(least: number, most: number, whole = false): FieldRule {
  return (value) => {
    const fits = typeof value === 'number' && value >= least && value <= most;
    if (fits && (!whole || Number.isInteger(value))) return undefined;
    return `is not a ${whole ? 'whole ' : ''}number from ${least} to ${most}`;
  };
}

function name(kind: NameKind, mayBeEmpty = false): FieldRule {
  return (value) => {
    if (mayBeEmpty && value === '') return undefined;
    const problem = nameProblem(kind, value);
    return problem && `is not a name: ${problem}`;
  };
}

export const text: FieldRule = (value) => (typeof value === 'string' ? undefined : 'is not text');
const shardId: FieldRule = (value) => {
  const problem = shardIdProblem(value);
  return problem && `is not a shard: ${problem}`;
};
const load = number(0, LOAD_LIMIT);

function map(
  what: string,
  problemOf: (key: string, value: unknown) => string | undefined,
): FieldRule {
  return (value) => {
    if (!isFields(value)) return `is not a map of ${what}`;
    for (const [key, one] of Object.entries(value)) {
      const problem = problemOf(key, one);
      if (problem !== undefined) return `: ${key} ${problem}`;
    }
    return undefined;
  };
}

/** By metric. */
const loadsRule = map('loads', (metric, one) => nameProblem('metric', metric) ?? load(one));
const loadsByShard = map('shards', (shard, loads) => shardIdProblem(shard) ?? loadsRule(loads));

/** A list of shards; `problemOf` tells of one with its name. */
function shardList(problemOf: (one: unknown) => string | undefined): FieldRule {
  return (value) => {
    if (!Array.isArray(value)) return 'is not a list of shards';
    for (const one of value as unknown[]) {
      const problem = problemOf(one);
      if (problem !== undefined) return `: ${problem}`;
    }
    return undefined;
  };
}

const ids = shardList((one) => {
  const problem = shardId(one);
  return problem && `${String(one)} ${problem}`;
});

const SHARD_FIELDS: Readonly<Record<string, FieldRule>> = {
  id: shardId,
  group: name('group', true),
  workerGroup: name('worker group', true),
  pin: name('container', true),
  load: loadsRule,
  spreadKey: name('spread key', true),
  priority: number(-PRIORITY_LIMIT, PRIORITY_LIMIT, true),
};

const shards = shardList((one) =>
  fieldProblem(isFields(one) ? one : {id: one}, SHARD_FIELDS, ['id']),
);

const container = name('container');
const SHARE_FIELDS = {
  weight: number(0, WEIGHT_LIMIT),
  capacity: number(0, CAPACITY_LIMIT, true),
  zone: name('zone', true),
};

export interface LineShape {
  readonly fields: Readonly<Record<string, FieldRule>>;
  readonly required: readonly string[];
}

const OF_CONTAINER: LineShape = {fields: {container}, required: ['container']};

/** By kind of event, beside `atMs` and `event`. */
export const EVENT_SHAPES: Readonly<Record<string, LineShape>> = {
  join: {
    fields: {container, ...SHARE_FIELDS, limits: loadsRule, version: text},
    required: ['container'],
  },
  leave: OF_CONTAINER,
  loss: OF_CONTAINER,
  drain: OF_CONTAINER,
  cordon: OF_CONTAINER,
  uncordon: OF_CONTAINER,
  set: {fields: {container, ...SHARE_FIELDS}, required: ['container']},
  add: {fields: {shards}, required: ['shards']},
  remove: {fields: {shards: ids}, required: ['shards']},
  own: {fields: {container, shards: ids}, required: ['container', 'shards']},
  load: {fields: {loads: loadsByShard}, required: ['loads']},
  end: {fields: {}, required: []},
};

/** The first thing that is wrong with the fields. */
export function fieldProblem(
  fields: Fields,
  rules: Readonly<Record<string, FieldRule>>,
  required: readonly string[],
): string | undefined {
  for (const [field, value] of Object.entries(fields)) {
    const rule = Object.hasOwn(rules, field) ? rules[field] : undefined;
    if (rule === undefined) return unknownWord('field', field, Object.keys(rules));
    const problem = rule(value);
    if (problem !== undefined) return `${field}${problem.startsWith(':') ? '' : ' '}${problem}`;
  }
  const missing = required.find((field) => !Object.hasOwn(fields, field));
  return missing === undefined ? undefined : `${missing} is missing`;
}

export function unknownWord(what: string, word: string, known: readonly string[]): string {
  const [nearest] = nearestWords(word, known, 1);
  const guess = nearest === undefined ? '' : `, did you mean ${nearest}?`;
  return `unknown ${what} ${JSON.stringify(word)}${guess}`;
}
