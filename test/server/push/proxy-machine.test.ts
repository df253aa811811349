/** Which session of a push container gets a proxy heartbeat, and when it is renewed. */
import {beforeEach, describe, expect, it} from 'vitest';
import {AppView} from '../../../src/appstate/app-view.ts';
import {ProxyMachine} from '../../../src/server/push/proxy-machine.ts';
import type {ProxyAction, SessionChange} from '../../../src/server/push/proxy-machine.ts';

const CONTAINER = '10.0.0.1:80';
const TTL_MS = 10_000;
const BEAT = JSON.stringify({timestamp: 1, shards: []});

let view: AppView;
let machine: ProxyMachine;
beforeEach(() => {
  view = new AppView();
  const value = {service: 'app', createTime: 1, maxShardCount: 0, maxRecoveryTime: 10};
  view.apply({kind: 'spec', mod: 1, entry: {value, mod: 1, create: 1}});
  machine = new ProxyMachine(view, 0);
});

/** A session's key as it stands at `mod`; a value of '' still waits for its id. */
function change(lease: string, create: number, mod: number, value = BEAT): SessionChange {
  const key = `containerhb/${CONTAINER}/${lease}`;
  return {key, container: CONTAINER, lease, entry: {key, create, mod, value}, mod};
}

const gone = (lease: string, mod: number): SessionChange => ({
  ...{...change(lease, 0, mod), entry: undefined},
});

function all(): void {
  machine.governorHasListed();
  machine.listed([], 0, 0);
}

function taken(nowMs: number): string[] {
  return machine.advance(nowMs).map(nameOf);
}

function nameOf(action: ProxyAction): string {
  if ('session' in action) return `${action.type} ${action.session.lease}`;
  return action.type;
}

/** The proxy heartbeat of a session is stored as the gateway writes it. */
function kept(incarnation: string, mod: number): void {
  const value = {
    ...{v: 1, container: CONTAINER, ttlMs: TTL_MS, endpoint: CONTAINER, host: '', pid: 0},
    ...{bootId: '', zone: '', labels: {}, version: '', sdk: 'push', seq: 1, nonce: 'n'},
    state: 'ready' as const,
  };
  view.apply({kind: 'heartbeat', mod, incarnation, entry: {value, mod, create: mod}});
  view.apply({kind: 'id', mod, container: CONTAINER, incarnation});
  const session = machine.holderOf(incarnation);
  if (session !== undefined) machine.kept(session);
}

describe('a session of a push container', () => {
  it('waits until the governor knows every record', () => {
    machine.listed([change('a', 5, 6)], 6, 0);
    expect(taken(0)).toEqual(['opened a']);
    expect(taken(machine.wakeAtMs())).toEqual([]);
    machine.governorHasListed();
    expect(taken(machine.wakeAtMs() - 1)).toEqual(['keep a', 'look a']);
  });

  it('is given one write at a time, and renewed each T/5', () => {
    all();
    machine.changed(change('a', 5, 6), 0);
    expect(taken(0)).toEqual(['opened a', 'keep a', 'look a']);
    machine.changed(change('a', 5, 7), 100);
    expect(taken(100)).toEqual(['look a']);
    kept('a-5', 8);
    expect(taken(500)).toEqual(['startGuard', 'alarms']);
    expect(taken(1_000)).toEqual(['alarms']);
    expect(taken(2_000)).toEqual(['keep a', 'alarms']);
  });

  it('that has stopped beating is renewed no more', () => {
    all();
    machine.changed(change('a', 5, 6), 0);
    taken(0);
    kept('a-5', 8);
    expect(taken(20_000)).not.toContain('keep a');
  });

  it('that came later leaves the id to the one before, until that has ended', () => {
    all();
    machine.changed(change('a', 5, 6), 0);
    machine.changed(change('b', 7, 8), 0);
    expect(taken(0)).toEqual(['opened a', 'opened b', 'keep a', 'look a']);
    kept('a-5', 9);
    machine.changed(gone('a', 10), 1_000);
    // Counted once more: the shards of a session that has ended stay for a full T.
    expect(taken(100)).toEqual(['ended a', 'keep a']);
    machine.changed(change('b', 7, 11), 1_100);
    expect(taken(200)).toEqual(['keep b', 'look b']);
  });

  it('with a heartbeat that is older than what is known changes nothing', () => {
    all();
    machine.changed(change('a', 5, 6), 0);
    taken(0);
    machine.changed(change('a', 5, 6), 1);
    machine.changed(gone('a', 4), 1);
    expect(taken(1)).toEqual([]);
  });
});

describe('a quota of push containers', () => {
  it('that is used up leaves a session without its heartbeat and says so, until there is room', () => {
    const value = {service: 'app', createTime: 1, maxShardCount: 0, maxRecoveryTime: 10};
    const limited = (pushSessions: number, mod: number): void => {
      const entry = {value: {...value, quota: {pushSessions}}, mod, create: 1};
      view.apply({kind: 'spec', mod, entry});
    };
    limited(1, 2);
    all();
    machine.changed(change('a', 5, 6), 0);
    const other = {...change('b', 7, 8), key: 'other', container: '10.0.0.2:80'};
    machine.changed({...other, entry: {...other.entry!, key: 'other'}}, 0);
    expect(taken(0)).toEqual(['opened a', 'opened b', 'keep a', 'look a', 'look b']);
    kept('a-5', 9);
    const said = machine.advance(500).find(({type}) => type === 'alarms');
    expect(said).toMatchObject({
      alarms: [{code: 'PUSH_OVER_QUOTA', text: expect.stringContaining('10.0.0.2:80')}],
    });
    limited(2, 10);
    expect(taken(1_000)).toEqual(['keep b', 'alarms']);
  });
});

describe('an app that is being removed', () => {
  it('ends its sessions first, then deletes what stood for them; one that could not be ended is tried again', () => {
    all();
    machine.changed(change('a', 5, 6), 0);
    taken(0);
    kept('a-5', 8);
    const value = {service: 'app', createTime: 1, maxShardCount: 0, maxRecoveryTime: 10};
    const entry = {value: {...value, deleting: true}, mod: 9, create: 1};
    view.apply({kind: 'spec', mod: 9, entry});
    expect(taken(500)).toEqual(['endSession a']);
    const session = machine.holderOf('a-5');
    if (session === undefined) throw new Error('the session is gone');
    machine.notEnded(session);
    expect(taken(1_000)).toEqual(['endSession a']);
    machine.changed(gone('a', 12), 1_100);
    expect(taken(1_500)).toEqual(['ended a', 'remove']);
  });
});
