/** Orders that an operator may give for an app, some of them in vain. */
import type {AnsweringOperation} from '../../../../src/server/http/dependencies.ts';
import type {Random} from '../../../simulation/random.ts';

export const SERVICE = 'orders';
export const CONTAINERS = ['c1', 'c2', 'c3'];
export const SHARDS = ['s1', 's2', 's3', 's4', 's5'];
const ANYBODY = [...CONTAINERS, 'nobody'];
const PERIOD_MS = 60_000;

export interface Order {
  readonly operation: AnsweringOperation;
  readonly input: Readonly<Record<string, unknown>>;
}

type Inputs = Readonly<Record<string, unknown>>;
type Made = (random: Random) => readonly [AnsweringOperation, Inputs];

const ORDERS: readonly Made[] = [
  (random) => [
    'addShard',
    {
      ...{shardId: random.pick(SHARDS), task: random.pick(['', 'a', 'b'])},
      ...{group: random.pick(['', 'g']), manualContainerId: random.pick(['', '', 'c1'])},
    },
  ],
  (random) => [
    'addShards',
    {shards: some(random, SHARDS).map((shardId) => ({shardId, task: random.pick(['', 'a'])}))},
  ],
  (random) => ['delShard', {shardId: random.pick(SHARDS)}],
  (random) => ['delShards', {shards: some(random, SHARDS).map((shardId) => ({shardId}))}],
  updateShard,
  (random) => ['cordon', {container: random.pick(ANYBODY), reason: random.pick(['', 'r'])}],
  (random) => [
    'drain',
    {
      ...{container: random.pick(ANYBODY), keep: random.chance(0.3)},
      maxMoving: random.pick([0, 0, 2]),
    },
  ],
  (random) => ['uncordon', {container: random.pick(ANYBODY)}],
  (random) => [
    'setContainer',
    {
      container: random.pick(ANYBODY),
      ...maybe(random, {weight: random.pick([null, 1, 2])}),
      ...maybe(random, {capacity: random.pick([null, 5])}),
      ...maybe(random, {zone: random.pick([null, 'z'])}),
    },
  ],
  (random) => ['addWorker', {workerGroup: 'w', worker: random.pick(CONTAINERS)}],
  (random) => ['delWorker', {workerGroup: 'w', worker: random.pick(CONTAINERS)}],
  updateSpec,
  (random) => ['setQuota', {shards: random.pick([null, 4, 5, 100])}],
  (random) => [
    'canStop',
    {
      ...{containers: some(random, CONTAINERS), holder: random.pick(['d1', 'd2'])},
      ...{maxUnserved: 9, leaseMs: PERIOD_MS},
    },
  ],
  (random) => ['releaseStop', {holder: random.pick(['d1', 'd2'])}],
  () => ['cancelMoves', {all: true}],
];

/** `entries`: revisions of the audit's entries that may be undone. */
export function randomOrder(random: Random, entries: readonly number[]): Order {
  const [operation, input] = random.chance(0.2)
    ? undo(random, entries)
    : random.pick(ORDERS)(random);
  return {operation, input};
}

/** The newest entry, one of the last ones, any, or one that there is not. */
function undo(random: Random, entries: readonly number[]): readonly ['undo', Inputs] {
  const which = random.pick([[], entries.slice(-4), entries.slice(-4), entries]);
  if (which.length === 0) return ['undo', random.chance(0.1) ? {entry: '3'} : {}];
  return ['undo', {entry: String(random.pick(which))}];
}

function updateShard(random: Random): readonly ['updateShard', Inputs] {
  const pin = random.pick(['', 'c1', 'c2']);
  return [
    'updateShard',
    {
      shardId: random.pick(SHARDS),
      ...maybe(random, {task: random.pick(['', 'a', 'b'])}),
      ...maybe(random, {priority: random.pick([0, 1])}),
      ...maybe(random, {workerGroup: random.pick(['', 'w'])}),
      ...maybe(random, {
        manualContainerId: pin,
        ...(pin === '' ? {} : maybe(random, {pinForMs: PERIOD_MS})),
      }),
    },
  ];
}

function updateSpec(random: Random): readonly ['updateSpec', Inputs] {
  const paused = random.chance(0.5);
  return [
    'updateSpec',
    {
      ...maybe(random, {maxShardCount: random.pick([0, 9])}),
      ...maybe(random, {maxMoving: random.pick([0, 3])}),
      ...maybe(random, {paused, ...(paused ? maybe(random, {pauseForMs: PERIOD_MS}) : {})}),
    },
  ];
}

function maybe(random: Random, fields: Inputs): Inputs {
  return random.chance(0.5) ? fields : {};
}

/** At least one of them. */
function some(random: Random, all: readonly string[]): string[] {
  const chosen = all.filter(() => random.chance(0.5));
  return chosen.length > 0 ? chosen : [random.pick(all)];
}
