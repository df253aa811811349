/** What keeps a shard from being served, and what leads out of it: one row a cause. */
import {describe, expect, it} from 'vitest';
import type {LivingContainer} from '../../src/governor/containers.ts';
import {sameProcess, serviceGap} from '../../src/governor/service-gap.ts';
import {AppView} from '../../src/appstate/app-view.ts';
import {ALARM_CODES} from '../../src/model/alarm.ts';
import {alarmFix} from '../../src/model/alarm-fix.ts';
import type {ContainerState, OverdueHook} from '../../src/model/container.ts';
import {unreadableHeartbeat} from '../../src/model/container.ts';
import type {OwnershipRecord} from '../../src/model/ownership.ts';
import type {ShardSpec} from '../../src/model/specs.ts';
import {GovernorBed} from './governor-bed.ts';

const STARTED = '2026-01-01T00:00:00.000Z';
const move = {id: 'm', from: 'c1', to: 'c2', why: 'balance', startedAt: STARTED};

interface Case {
  readonly record?: Partial<OwnershipRecord>;
  readonly spec?: Partial<ShardSpec>;
  readonly reason?: string;
  readonly state?: ContainerState;
  readonly note?: string;
  readonly overdue?: OverdueHook[];
  readonly heartbeatState?: 'ready' | 'evicting';
  /** The container of the record has no heartbeat. */
  readonly gone?: boolean;
}

function gap({
  record,
  spec,
  reason = '',
  state = 'ready',
  note = '',
  overdue,
  gone,
  heartbeatState = 'ready',
}: Case) {
  const view = new AppView();
  const versioned = {mod: 1, create: 1};
  const shard: ShardSpec = {
    ...{id: 's1', service: 'orders', task: '', updateTime: 1},
    ...{manualContainerId: '', group: '', workerGroup: '', ...spec},
  };
  view.apply({kind: 'shard', mod: 1, shard: 's1', entry: {value: shard, ...versioned}});
  if (record !== undefined) {
    const value: OwnershipRecord = {
      ...{v: 1, state: 'owned', container: 'c1', incarnation: 'i1', token: '', ready: false},
      ...{move: null, failures: 0, lastError: '', ...record},
    };
    view.apply({kind: 'own', mod: 1, shard: 's1', entry: {value, ...versioned}});
  }
  const heartbeat = {
    ...unreadableHeartbeat('c1', undefined),
    ...(overdue && {overdue}),
    state: heartbeatState,
  };
  if (gone !== true)
    view.apply({
      ...{kind: 'heartbeat', mod: 1, incarnation: 'i1'},
      entry: {value: heartbeat, ...versioned},
    });
  const c1: LivingContainer = {
    ...{container: 'c1', incarnation: 'i1', endpoint: 'c1:1', state, mode: 'open'},
    ...(note === '' ? {} : {note}),
  };
  const living = new Map(gone === true ? [] : [['c1', c1]]);
  return serviceGap('s1', {app: 'orders', view, living, reasonOf: () => reason});
}

it('asks for nothing where an operator has evicted the container already, whatever its record says', () => {
  for (const record of [{state: 'dropping', move}, {move}, {ready: true}] as const) {
    const found = gap({record, heartbeatState: 'evicting', overdue: [{shard: 's1', hook: 'drop'}]});
    expect(found?.text).toContain('c1 was evicted by an operator');
    expect(found?.fix).toBe('');
  }
});

it('asks for nothing where a container that is well has yet to claim the shard', () => {
  const found = gap({record: {state: 'assigned', move}});
  expect(found?.text).toBe(`it is assigned to c1 since ${STARTED}, which has not claimed it yet`);
  expect(found?.fix).toBe('');
});

describe('a container that shares its process', () => {
  function viewOf(bootIds: Readonly<Record<string, string>>): AppView {
    const view = new AppView();
    for (const [container, bootId] of Object.entries(bootIds)) {
      const incarnation = `i-${container}`;
      const versioned = {mod: 1, create: 1};
      const heartbeat = {...unreadableHeartbeat(container, undefined), bootId};
      view.apply({kind: 'id', mod: 1, container, incarnation});
      view.apply({kind: 'heartbeat', mod: 1, incarnation, entry: {value: heartbeat, ...versioned}});
    }
    return view;
  }

  it('is named with the others that a restart stops', () => {
    const view = viewOf({p1: 'a', p2: 'b', p3: 'a', p4: '', p5: ''});
    expect(sameProcess(view, 'p1')).toEqual(['p3']);
    expect(sameProcess(view, 'p2')).toEqual([]);
    expect(sameProcess(view, 'p4')).toEqual([]);
    const fix = alarmFix({code: 'STUCK', service: 'orders', object: 'p1', others: ['p3']});
    expect(fix).toMatch(
      /restart p1 \(which stops p3 too.*\), or .*sm container evict -a orders p1/,
    );
    expect(alarmFix({code: 'STUCK', service: 'orders', object: 'p1'})).not.toContain('too');
  });

  it('is named wherever a restart is advised, by five of many others', () => {
    const others = ['p2', 'p3', 'p4', 'p5', 'p6', 'p7', 'p8'];
    for (const code of ['STUCK', 'HOLDINGS_DIFFER', 'UNREACHABLE'])
      expect(alarmFix({code, service: 'orders', object: 'p1', others})).toContain(
        '(which stops p2, p3, p4, p5, p6 and 2 more too: they run in the same process)',
      );
  });

  it('is named by what a shard is told that waits for it', () => {
    const view = viewOf({p1: 'a', p3: 'a'});
    const entry = {
      value: {
        ...{v: 1, state: 'dropping', container: 'p1', incarnation: 'i-p1', token: ''},
        ...{ready: false, move, failures: 0, lastError: ''},
      } satisfies OwnershipRecord,
      ...{mod: 1, create: 1},
    };
    view.apply({kind: 'own', mod: 1, shard: 's1', entry});
    const found = serviceGap('s1', {app: 'orders', view, living: new Map(), reasonOf: () => ''});
    expect(found?.fix).toContain('if it does not: restart p1 (which stops p3 too');
  });

  it('is not to be evicted where it is a push container, which would run on', () => {
    const view = new AppView();
    const incarnation = '694da22575c81a62-29';
    const value: OwnershipRecord = {
      ...{v: 1, state: 'dropping', container: 'p1', incarnation, token: '', ready: false},
      ...{move, failures: 0, lastError: ''},
    };
    view.apply({kind: 'own', mod: 1, shard: 's1', entry: {value, mod: 1, create: 1}});
    const heartbeat = {value: unreadableHeartbeat('p1', undefined), mod: 1, create: 1};
    view.apply({kind: 'heartbeat', mod: 1, incarnation, entry: heartbeat});
    const found = serviceGap('s1', {app: 'orders', view, living: new Map(), reasonOf: () => ''});
    expect(found?.fix).toBe('wait for its drop on p1 to return; if it does not: restart p1');
    const owned = {...value, state: 'owned' as const};
    view.apply({kind: 'own', mod: 2, shard: 's1', entry: {value: owned, mod: 2, create: 1}});
    const adding = serviceGap('s1', {app: 'orders', view, living: new Map(), reasonOf: () => ''});
    expect(adding?.text).toBe(
      `p1 has been adding it since ${STARTED}: no heartbeat says yet that it runs`,
    );
    expect(adding?.fix).toContain('if no add is under way there: restart p1');
    const about = {state: 'unreachable', mode: 'closed', noteAbout: 'heartbeat'} as const;
    const note = 'does not answer to adds, of shard s1 first: no answer within 10 s';
    const one: LivingContainer = {container: 'p1', incarnation, endpoint: 'p1', ...about, note};
    const living = new Map([['p1', one]]);
    const hanging = serviceGap('s1', {app: 'orders', view, living, reasonOf: () => ''});
    expect(hanging?.text).toBe(`${adding?.text}; p1 ${note}`);
  });
});

const CASES: readonly [string, Case, string, string][] = [
  [
    'a hung drop',
    {record: {state: 'dropping', move}, overdue: [{shard: 's1', hook: 'drop'}]},
    `c1 has been dropping it since ${STARTED}: its drop has exceeded its time limit`,
    'sm container evict -a orders c1',
  ],
  [
    'a drop that waits for a hung add',
    {record: {state: 'dropping', move}, overdue: [{shard: 's1', hook: 'add'}]},
    `c1 has been dropping it since ${STARTED}: its add has exceeded its time limit, and its drop is called after that, and no other`,
    'sm container evict -a orders c1',
  ],
  [
    'a drop that is not overdue yet',
    {record: {state: 'dropping', move}},
    'its drop has not returned, and no other container may have it before that',
    'wait for its drop on c1 to return; if it does not: restart c1, or take it out alone: sm container evict -a orders c1',
  ],
  [
    'an add that is not overdue yet',
    {record: {move}},
    `c1 has been adding it since ${STARTED}: its add has not returned`,
    'wait for its add on c1 to return; if it does not: restart c1',
  ],
  [
    'a hung add',
    {record: {move}, overdue: [{shard: 's1', hook: 'add'}]},
    `c1 has been adding it since ${STARTED}: its add has exceeded its time limit`,
    'sm container evict -a orders c1',
  ],
  [
    'a target that cannot be called',
    {
      record: {state: 'assigned', move},
      state: 'unreachable',
      note: 'cannot be called at c1:1: no route',
    },
    'which is unreachable: cannot be called at c1:1: no route',
    'c1',
  ],
  [
    'a target that refuses',
    {record: {state: 'assigned', move}, state: 'refusing', note: 'its last add: no disk'},
    'which is refusing: its last add: no disk',
    'c1',
  ],
  [
    'a silent container',
    {record: {ready: true}, state: 'silent'},
    'c1 is silent',
    'sm container get -a orders c1',
  ],
  [
    'a lost container',
    {record: {ready: true}, gone: true},
    'its container c1 is lost',
    'sm container get',
  ],
  [
    'failed adds',
    {record: {state: 'free', failures: 3, lastError: 'no disk'}},
    'its add has failed 3 times in a row, on c1 last: no disk',
    'the log of c1',
  ],
  [
    'no container',
    {reason: 'no-container'},
    'the app has no container',
    'start a process that joins app orders',
  ],
  [
    'a pin to nobody',
    {reason: 'pin-not-living', spec: {manualContainerId: 'c9'}},
    'it is pinned to c9, which is not alive',
    'sm shard unpin -a orders s1',
  ],
  [
    'a pin to a container that takes nothing',
    {reason: 'pin-takes-nothing-new', spec: {manualContainerId: 'c1'}, state: 'cordoned'},
    'it is pinned to c1, which is cordoned',
    'sm shard unpin -a orders s1',
  ],
  [
    'a pin to a container that takes nothing for a reason of its own',
    {
      ...{reason: 'pin-takes-nothing-new', spec: {manualContainerId: 'c1'}},
      ...{state: 'refusing', note: 'its last add: no disk'},
    },
    'it is pinned to c1, which is refusing: its last add: no disk',
    'sm shard unpin -a orders s1',
  ],
  [
    'an empty worker group',
    {reason: 'worker-group-empty', spec: {workerGroup: 'gpu'}},
    'its worker group gpu has no members',
    'sm worker add -a orders gpu',
  ],
  [
    'containers that are all cordoned',
    {reason: 'nothing-accepts', state: 'cordoned'},
    'accepts new shards: c1 is cordoned',
    'sm container uncordon -a orders c1',
  ],
  ['no room', {reason: 'capacity'}, 'as many shards as it may', '--max-shard-count'],
];

describe('why a shard is not served', () => {
  it.each(CASES)('%s', (_what, given, text, fix) => {
    expect(gap(given)?.text).toContain(text);
    expect(gap(given)?.fix).toContain(fix);
  });

  it('nothing, when its record says ready and its container is heard', () => {
    expect(gap({record: {ready: true}})).toBeUndefined();
  });

  it('names the shard of its spread key that has not left yet where it goes', () => {
    const bed = new GovernorBed([]);
    for (const shard of ['s1', 's2']) bed.addShard(shard, {spreadKey: 'k'});
    const record = (container: string, state: OwnershipRecord['state']): OwnershipRecord => ({
      ...{v: 1, state, container, incarnation: `${container}-inc`, token: '', ready: false},
      ...{move, failures: 0, lastError: ''},
    });
    const open = {endpoint: '', state: 'ready', mode: 'open'} as const;
    const c2: LivingContainer = {container: 'c2', incarnation: 'c2-inc', ...open};
    const {view} = bed.governor;
    const context = {app: 'orders', view, living: new Map([['c2', c2]]), reasonOf: () => ''};
    bed.record('s1', record('c1', 'free'));
    expect(serviceGap('s1', context)?.text).toBe('it waits to be assigned');
    bed.record('s2', record('c2', 'dropping'));
    bed.removeShard('s2');
    expect(serviceGap('s1', context)?.text).toBe(
      'it waits until s2, which has the same spread key, has left c2',
    );
  });

  it('never tells anybody to start the sample container', () => {
    for (const [, given] of CASES) expect(gap(given)?.fix).not.toContain('sm container run');
  });
});

it('every alarm code has a way out', () => {
  for (const code of ALARM_CODES)
    expect(alarmFix({code, service: 'orders', object: 'c1'})).not.toBe('');
  expect(alarmFix({code: 'OF_A_NEWER_VERSION', service: 'orders', object: ''})).toBe('');
});
