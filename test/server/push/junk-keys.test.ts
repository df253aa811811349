/** Keys under the sessions of push containers that nobody could ever read: anybody may write any number of them. */
import {beforeEach, describe, expect, it, vi} from 'vitest';
import type {AppView} from '../../../src/appstate/app-view.ts';
import type {ProxyAction} from '../../../src/server/push/proxy-action.ts';
import type {ProxyMachine} from '../../../src/server/push/proxy-machine.ts';
import {listNothing, lookAtAll, proxyBed} from './proxy-bed.ts';

const TTL_MS = 10_000;

let view: AppView;
let machine: ProxyMachine;
beforeEach(() => {
  ({view, machine} = proxyBed());
  listNothing(machine);
});

describe('keys that nobody can read', () => {
  it('cost nothing but one alarm, however many they are', () => {
    for (let at = 0; at < 5_000; at += 1) {
      const key = `containerhb/junk-${at}/a`;
      const entry = {key, create: 5, mod: 6, value: 'no heartbeat'};
      machine.changed({key, container: `junk-${at}`, lease: 'a', entry, mod: 6}, 0);
    }
    expect(lookAtAll(machine)).toEqual([]);
    const actions = machine.advance(machine.wakeAtMs());
    expect(actions.map(({type}) => type)).toEqual(['startGuard', 'alarms']);
    const raised = actions[1]?.type === 'alarms' ? actions[1] : undefined;
    expect(raised?.alarms).toHaveLength(1);
    expect(raised?.alarms.at(-1)?.text).toContain('and at least 1000 more');
    expect(raised?.problems.size).toBe(0);
    for (let at = 0; at < 5_000; at += 1) {
      const key = `containerhb/junk-${at}/a`;
      machine.changed({key, container: `junk-${at}`, lease: 'a', entry: undefined, mod: 7}, 0);
    }
    expect(lookAtAll(machine)).toEqual([]);
  });
});

describe('many keys that were never readable', () => {
  const COUNT = 1_200;
  /** Each of a container of its own. */
  function junk(mod: number, nowMs: number): void {
    for (let at = 0; at < COUNT; at += 1) {
      const key = `containerhb/junk-${at}/a`;
      const entry = {key, create: 5, mod, value: 'no heartbeat'};
      machine.changed({key, container: `junk-${at}`, lease: `${at}`, entry, mod}, nowMs);
    }
  }

  beforeEach(() => {
    junk(6, 0);
    lookAtAll(machine);
  });

  it('are looked at by turns: a tick costs the same however many they are', () => {
    const looks = [vi.spyOn(view, 'livingIncarnation'), vi.spyOn(view, 'hasHeartbeat')];
    const gets = vi.spyOn(view.heartbeats, 'get');
    for (let tick = 1; tick <= 5; tick += 1) {
      for (const look of [...looks, gets]) look.mockClear();
      machine.advance(500 * tick);
      for (const look of looks) expect(look.mock.calls.length).toBeLessThanOrEqual(2 * 250);
      expect(gets).not.toHaveBeenCalled();
    }
  });

  it('each has its turn: one whose container has become known since is registered', () => {
    const value = {
      ...{v: 1, container: 'junk-1100', ttlMs: TTL_MS, endpoint: '', host: '', pid: 0},
      ...{bootId: '', zone: '', labels: {}, version: '', sdk: 'push', seq: 1, nonce: 'n'},
      state: 'ready' as const,
    };
    const [mod, incarnation] = [7, 'before-4'];
    view.apply({kind: 'heartbeat', mod, incarnation, entry: {value, mod, create: mod}});
    view.apply({kind: 'id', mod, container: 'junk-1100', incarnation});
    const actions = [500, 1_000, 1_500, 2_000, 2_500].flatMap((nowMs) => machine.advance(nowMs));
    const leaseOf = (action: ProxyAction) => ('session' in action ? action.session.lease : '');
    const its = actions.filter((action) => leaseOf(action) === '1100');
    expect(its.map(({type}) => type)).toEqual(['opened', 'keep']);
  });

  it('are no containers that have stopped beating when nobody writes them any more', () => {
    const [raised] = machine.advance(3_600_000).filter(({type}) => type === 'alarms');
    const codes = raised?.type === 'alarms' ? raised.alarms.map(({code}) => code) : [];
    expect(new Set(codes)).toEqual(new Set(['PUSH_UNREADABLE']));
  });
});
