/** Keys under the sessions of push containers that say what heartbeats say, of containers that do not exist: anybody may write any number of them. */
import {beforeEach, describe, expect, it, vi} from 'vitest';
import type {AppView} from '../../../src/appstate/app-view.ts';
import type {ProxyAction} from '../../../src/server/push/proxy-action.ts';
import type {ProxyMachine} from '../../../src/server/push/proxy-machine.ts';
import {listNothing, proxyBed} from './proxy-bed.ts';

const COUNT = 5_000;
const QUOTA = 20;
/** Sessions without a proxy heartbeat that one look goes through, and sessions with news that one turn takes. */
const PART = 250;
/** Shards in their heartbeats that end such a turn. */
const LISTED_PER_TURN = 5_000;
const TICK_MS = 500;
const BEAT = JSON.stringify({timestamp: 1, shards: []});

let view: AppView;
let machine: ProxyMachine;
beforeEach(() => {
  ({view, machine} = proxyBed());
  quota(QUOTA, 2);
  listNothing(machine);
});

function quota(pushSessions: number, mod: number): void {
  const spec = {service: 'app', createTime: 1, maxShardCount: 0, maxRecoveryTime: 10};
  view.apply({
    ...{kind: 'spec', mod},
    entry: {value: {...spec, quota: {pushSessions}}, mod, create: 1},
  });
}

/** `containerOf`: of the session at that place. */
function sessions(containerOf: (at: number) => string, value = BEAT, count = COUNT): void {
  for (let at = 0; at < count; at += 1) {
    const [container, lease, create] = [containerOf(at), at.toString(16), 10 + at];
    const key = `containerhb/${container}/${lease}`;
    const entry = {key, create, mod: COUNT + create, value};
    machine.changed({key, container, lease, entry, mod: COUNT + create}, 0);
  }
}

/** All turns until what has come is looked at; the gateway writes what it is asked to. */
function settle(): void {
  do advance(0);
  while (machine.wakeAtMs() <= 0);
}

function advance(nowMs: number): ProxyAction[] {
  const actions = machine.advance(nowMs);
  for (const action of actions) if (action.type === 'keep') register(action.session);
  return actions;
}

function register(session: Extract<ProxyAction, {type: 'keep'}>['session']): void {
  const {container, incarnation} = session;
  const value = {
    ...{v: 1, container, ttlMs: 10_000, endpoint: container, host: '', pid: 0},
    ...{bootId: '', zone: '', labels: {}, version: '', sdk: 'push', seq: 1, nonce: 'n'},
    state: 'ready' as const,
  };
  const mod = 3 * COUNT + session.create;
  view.apply({kind: 'heartbeat', mod, incarnation, entry: {value, mod, create: mod}});
  view.apply({kind: 'id', mod, container, incarnation});
  machine.kept(session);
}

const own = (at: number): string => `10.0.${at >> 8}.${at & 255}:80`;

function alarmsOf(actions: readonly ProxyAction[]) {
  return actions.flatMap((action) => (action.type === 'alarms' ? [...action.alarms] : []));
}

/** Looks into the view during one tick. */
function looksAt(nowMs: number): number {
  const spies = [
    ...[vi.spyOn(view, 'livingIncarnation'), vi.spyOn(view, 'hasHeartbeat')],
    ...[vi.spyOn(view.heartbeats, 'get'), vi.spyOn(view.heartbeats, 'has')],
  ];
  advance(nowMs);
  const looks = spies.reduce((sum, spy) => sum + spy.mock.calls.length, 0);
  for (const spy of spies) spy.mockRestore();
  return looks;
}

describe.each([
  ['of containers of their own', own, BEAT],
  ['in pairs of one container', (at: number) => own(at >> 1), BEAT],
  ['of one container', () => own(1), BEAT],
  ['that wait for their ids', own, ''],
])('5,000 false heartbeats %s', (_name, containerOf, value) => {
  beforeEach(() => sessions(containerOf, value));

  it('cost a look at a part of them at a tick, however many they are', () => {
    settle();
    for (let tick = 1; tick <= 5; tick += 1)
      expect(looksAt(tick * TICK_MS)).toBeLessThan(6 * (PART + QUOTA));
  });

  it('are one alarm of each kind', () => {
    settle();
    const alarms = Array.from({length: 30}, (_, at) => alarmsOf(advance(20_000 + at * TICK_MS)));
    const codes = alarms.at(-1)!.map(({code}) => code);
    expect(codes.length).toBeGreaterThan(0);
    expect(codes).toEqual([...new Set(codes)]);
    for (const {text} of alarms.at(-1)!) expect(text.length).toBeLessThan(500);
  });

  it('are looked at in parts when they come', () => {
    const actions = machine.advance(0);
    const looked = actions.filter(({type}) => type === 'look' || type === 'keep');
    expect(looked.length).toBeLessThanOrEqual(2 * PART);
  });
});

it('heartbeats that list many shards are looked at in parts that list a few thousand', () => {
  const shards = Array.from({length: 1_000}, (_, at) => ({
    spec: {id: `s-${at}`},
    disp: true,
  }));
  const [value, count] = [JSON.stringify({timestamp: 1, shards}), 30];
  sessions(own, value, count);
  const looked = (actions: readonly ProxyAction[]): number =>
    actions.filter(({type}) => type === 'look').length;
  const first = looked(machine.advance(0));
  expect(first).toBeLessThanOrEqual(LISTED_PER_TURN / shards.length);
  let all = first;
  while (machine.wakeAtMs() <= 0) all += looked(advance(0));
  expect(all).toBe(count);
});

describe('what lies beyond the quota', () => {
  it('is one alarm with how many they are and a few of them', () => {
    sessions(own);
    settle();
    const [raised, ...others] = alarmsOf(advance(TICK_MS));
    expect(others).toEqual([]);
    expect(raised).toMatchObject({code: 'PUSH_OVER_QUOTA'});
    expect(raised?.text).toBe(
      `push container ${own(20)} is not accepted: the quota of the app is used up; ` +
        `push container ${own(21)} is not accepted: the quota of the app is used up; ` +
        `push container ${own(22)} is not accepted: the quota of the app is used up; ` +
        'and at least 1000 more',
    );
  });

  it('is registered by turns once there is room, and its alarm ends', () => {
    sessions(own);
    settle();
    quota(2 * COUNT, 3);
    let alarms = alarmsOf(advance(TICK_MS));
    for (let tick = 2; tick <= COUNT / PART + 1; tick += 1)
      alarms = alarmsOf(advance(tick * TICK_MS));
    expect(alarms.filter(({code}) => code === 'PUSH_OVER_QUOTA')).toEqual([]);
    const registered = [...view.heartbeats.keys()].length;
    // The quota of containers of the app ends it.
    expect(registered).toBeGreaterThan(QUOTA);
  });
});

it('one of many sessions of a container that waits no more has the id when the others only wait', () => {
  sessions(() => own(1), '');
  settle();
  advance(TICK_MS);
  const {mod, ...first} = {
    key: `containerhb/${own(1)}/7`,
    lease: '7',
    container: own(1),
    mod: 3 * COUNT,
  };
  const entry = {key: first.key, create: 17, mod, value: BEAT};
  machine.changed({...first, mod, entry}, TICK_MS);
  const kept = machine.advance(TICK_MS).filter(({type}) => type === 'keep');
  expect(kept).toMatchObject([{session: {lease: '7'}}]);
});

it('a container that beats is renewed in time beside any number of false ones', () => {
  sessions(own);
  settle();
  const renewed = new Set<string>();
  for (let tick = 1; tick <= 4; tick += 1)
    for (const action of advance(tick * TICK_MS))
      if (action.type === 'keep') renewed.add(action.session.container);
  expect(renewed.size).toBe(QUOTA);
});
