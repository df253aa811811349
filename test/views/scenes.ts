/** The states in which every view is shown: what a daemon would have told by then. */
import type {LiveSummary, LiveView} from '../../src/protocol/admin.ts';
import type {Action} from '../../src/views/view-reducer.ts';
import {
  ago,
  app,
  container,
  counts,
  finished,
  heard,
  move,
  rows,
  shard,
  summary,
} from './fixture.ts';
import type {Rows} from './fixture.ts';

export const SCENES = ['empty', 'busy', 'lost', 'draining', 'stale', 'too-small'] as const;
export type Scene = (typeof SCENES)[number];

const numbered = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({length: count}, (_, index) => make(index));
const two = (value: number): string => String(value).padStart(2, '0');

interface World {
  readonly sections: Required<Rows>;
  readonly summary: LiveSummary;
}

function empty(): World {
  const sections = {apps: [], containers: [], shards: [], moves: [], finished: []};
  return {sections, summary: summary({apps: 0})};
}

/** More of everything than a screen has lines. */
function busy(): World {
  const containers = [
    ...numbered(40, (index) =>
      container(`orders-${two(index)}`, {
        zone: `eu-${'abc'[index % 3] ?? ''}`,
        shards: {total: 8 + (index % 16), ready: 8 + (index % 16), dropping: 0},
      }),
    ),
    container('search-漢字', {service: 'search', capacity: 0, share: 5, version: '2.0.0'}),
    container('evil\u001b[31m\u202e', {
      state: 'cordoned',
      order: order('cordon', 'looks\u0007odd'),
    }),
  ];
  const shards = [
    shard('s-failed', {
      state: 'failed',
      failures: 7,
      lastError: 'DISK_FULL: no space left on device',
    }),
    shard('s-homeless', {
      state: 'unplaced',
      container: '',
      reason: 'no container of the pool fits',
    }),
    ...numbered(60, (index) => shard(`s-${two(index)}`, {container: `orders-${two(index % 40)}`})),
  ];
  const moves = [
    move('m-8841', 's-99', {
      stuck: true,
      step: 'dropping',
      startedAt: ago(48),
      note: 'drop is overdue',
    }),
    ...numbered(30, (index) =>
      move(`m-${8850 + index}`, `s-${two(index)}`, {step: index % 2 === 0 ? 'adding' : 'assigned'}),
    ),
  ];
  const done = [
    finished('m-8835', 's-44', {
      outcome: 'failed',
      note: 'add refused: DISK_FULL',
      endedAt: ago(7),
    }),
    ...numbered(30, (index) =>
      finished(`m-${8800 + index}`, `s-${two(index)}`, {endedAt: ago(10 + index)}),
    ),
  ];
  const alarms = [
    {
      service: 'orders',
      code: 'STUCK',
      text: 'drop of s-99 on orders-02 is overdue',
      since: ago(48),
      ...{object: 'orders-02', fix: ''},
    },
  ];
  const all = counts(100_000, {ready: 99_930, moving: 31, unplaced: 38, failed: 1});
  const apps = [
    app('orders', {shards: all, containers: {ready: 40, cordoned: 1}, alarms, settled: false}),
    app('search', {shards: counts(5), containers: {ready: 1}}),
    app('billing', {paused: true}),
  ];
  return {
    sections: {apps, containers, shards, moves, finished: done},
    summary: summary({
      apps: 3,
      settled: false,
      containers: {ready: 41, cordoned: 1},
      shards: all,
      matched: 100_000,
      total: 100_000,
      moves: {running: 31, stuck: 1, done: 41, failed: 1, medianMs: 18, perMinute: 30},
      alarms,
      alarmCount: 3,
    }),
  };
}

function lost(): World {
  const containers = [
    container('orders-1'),
    container('orders-2', {shards: {total: 18, ready: 14, dropping: 0}}),
    container('orders-4', {state: 'suspect', since: ago(3), lateSince: ago(7)}),
    container('orders-5', {
      state: 'lost',
      since: ago(14),
      shards: {total: 18, ready: 18, dropping: 0},
      note: 'no heartbeat; its shards wait for another container',
    }),
    container('orders-6', {state: 'silent', since: ago(2), lateSince: ago(12)}),
  ];
  const shards = [
    shard('s-1', {
      state: 'free',
      container: '',
      move: note('lost orders-5', 'orders-5', 'orders-1'),
    }),
    shard('s-2', {
      state: 'owned',
      container: 'orders-2',
      move: note('lost orders-5', 'orders-5', 'orders-2'),
    }),
    shard('s-3'),
  ];
  const moves = [
    move('m-1', 's-1', {from: 'orders-5', to: 'orders-1', step: 'assigned', why: 'lost orders-5'}),
    move('m-2', 's-2', {from: 'orders-5', to: 'orders-2', why: 'lost orders-5'}),
  ];
  const shardCounts = counts(84, {ready: 66, moving: 18});
  return {
    sections: {
      apps: [
        app('orders', {
          shards: shardCounts,
          settled: false,
          containers: {ready: 2, suspect: 1, silent: 1, lost: 1},
        }),
      ],
      containers,
      shards,
      moves,
      finished: [finished('m-0', 's-9', {from: 'orders-5', why: 'lost orders-5'})],
    },
    summary: summary({
      settled: false,
      containers: {ready: 2, suspect: 1, silent: 1, lost: 1},
      shards: shardCounts,
      matched: 3,
      total: 3,
      moves: {running: 2, stuck: 0, done: 1, failed: 0, medianMs: 18, perMinute: 1},
    }),
  };
}

function draining(): World {
  const world = lost();
  const containers = [
    container('orders-1', {shards: {total: 20, ready: 18, dropping: 0}}),
    container('orders-2', {
      state: 'draining',
      since: ago(20),
      shards: {total: 11, ready: 9, dropping: 2},
      order: order('drain', 'kernel update'),
    }),
    container('orders-3', {
      state: 'leaving',
      since: ago(4),
      shards: {total: 3, ready: 0, dropping: 3},
    }),
  ];
  const shards = [
    shard('s-1', {
      state: 'dropping',
      container: 'orders-2',
      move: note('drain orders-2', 'orders-2', 'orders-1'),
    }),
    shard('s-2'),
  ];
  return {
    sections: {
      ...world.sections,
      containers,
      shards,
      moves: [move('m-7', 's-1', {step: 'dropping'})],
    },
    summary: {
      ...world.summary,
      containers: {ready: 1, draining: 1, leaving: 1},
      moves: {...world.summary.moves, running: 1},
      matched: 2,
      total: 2,
      paused: true,
    },
  };
}

function order(what: 'cordon' | 'drain', reason: string) {
  return {
    order: what,
    reason,
    by: 'ann',
    at: ago(20),
    incarnation: '',
    keep: false,
    shards: what === 'drain' ? 20 : 0,
    maxMoving: 0,
  };
}

function note(why: string, from: string, to: string) {
  return {id: 'm', from, to, why, startedAt: ago(3)};
}

const WORLDS: Readonly<Record<Scene, () => World>> = {
  empty,
  busy,
  lost,
  draining,
  stale: lost,
  'too-small': lost,
};

const SECTIONS: Readonly<Record<LiveView, readonly (keyof Rows)[]>> = {
  containers: ['containers'],
  shards: ['shards'],
  apps: ['apps'],
  moves: ['moves', 'finished'],
  top: ['apps', 'containers', 'moves', 'finished'],
};

/** What the view has heard. Stale: 17 seconds ago, and three attempts have failed since. */
export function sceneOf(view: LiveView, scene: Scene): Action[] {
  const world = WORLDS[scene]();
  const sections = Object.fromEntries(SECTIONS[view].map((name) => [name, world.sections[name]]));
  const [first = 'shards'] = SECTIONS[view];
  // Only shards are more than what is sent.
  const held = world.sections[first].length;
  const counted = view === 'shards' ? {} : {matched: held, total: held};
  const service = view === 'top' || view === 'apps' ? {service: ''} : {};
  const reported = {...world.summary, ...counted, ...service};
  const known = heard(rows(sections, {summary: reported}));
  if (scene !== 'stale') return [known];
  const failed = {type: 'lost', reason: 'connection refused', retry: 4, waitMs: 8_000} as const;
  return [known, {type: 'link', event: failed, nowMs: 17_000}];
}
