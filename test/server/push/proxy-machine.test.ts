/** Which session of a push container gets a proxy heartbeat, and when it is renewed. */
import {beforeEach, describe, expect, it, vi} from 'vitest';
import type {AppView} from '../../../src/appstate/app-view.ts';
import {Keys} from '../../../src/etcd/keys.ts';
import {proxyTransaction} from '../../../src/server/push/proxy-heartbeat.ts';
import {ProxyMachine} from '../../../src/server/push/proxy-machine.ts';
import type {ProxyAction, SessionChange} from '../../../src/server/push/proxy-action.ts';
import {listNothing, proxyBed} from './proxy-bed.ts';

const CONTAINER = '10.0.0.1:80';
const TTL_MS = 10_000;
const BEAT = JSON.stringify({timestamp: 1, shards: []});

let view: AppView;
let machine: ProxyMachine;
beforeEach(() => {
  ({view, machine} = proxyBed());
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
  listNothing(machine);
}

function taken(nowMs: number): string[] {
  return machine.advance(nowMs).map(nameOf);
}

function nameOf(action: ProxyAction): string {
  if ('session' in action) return `${action.type} ${action.session.lease}`;
  return 'subject' in action ? `${action.type} ${action.subject.incarnation}` : action.type;
}

function problemsOf(actions: readonly ProxyAction[]): [string, string][] {
  return actions.flatMap((action) => (action.type === 'alarms' ? [...action.problems] : []));
}

function problemsAt(nowMs: number): [string, string][] {
  return problemsOf(machine.advance(nowMs));
}

function alarmsAt(nowMs: number): string[] {
  return machine
    .advance(nowMs)
    .flatMap((action) => (action.type === 'alarms' ? action.alarms.map(({code}) => code) : []));
}

/** The proxy heartbeat of a session is stored as the gateway writes it. */
function kept(incarnation: string, mod: number, state: 'ready' | 'evicting' = 'ready'): void {
  const value = {
    ...{v: 1, container: CONTAINER, ttlMs: TTL_MS, endpoint: CONTAINER, host: '', pid: 0},
    ...{bootId: '', zone: '', labels: {}, version: '', sdk: 'push', seq: 1, nonce: 'n'},
    state,
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

  it('that has stopped beating while its lease lives is renewed on, and gets nothing new: it may still run its shards', () => {
    all();
    machine.changed(change('a', 5, 6), 0);
    taken(0);
    kept('a-5', 8);
    expect(problemsAt(1_000)).toEqual([]);
    const actions = machine.advance(20_000);
    expect(actions.map(nameOf)).toContain('keep a');
    expect(problemsOf(actions)).toEqual([['a-5', 'has a session but sends no heartbeats']]);
  });

  it('that an operator evicts is renewed no more while it has shards, and shown on once it has none', () => {
    all();
    machine.changed(change('a', 5, 6), 0);
    taken(0);
    kept('a-5', 8, 'evicting');
    const value = {
      ...{v: 1, state: 'owned' as const, container: CONTAINER, incarnation: 'a-5', token: ''},
      ...{ready: true, move: null, failures: 0, lastError: ''},
    };
    view.apply({kind: 'own', mod: 9, shard: 's', entry: {value, mod: 9, create: 9}});
    expect(taken(2_000)).not.toContain('keep a');
    view.apply({kind: 'own', mod: 10, shard: 's', entry: undefined});
    expect(taken(4_000)).toContain('keep a');
    // Once it is gone from the store it is not registered again.
    machine.kept(machine.holderOf('a-5')!);
    view.apply({kind: 'heartbeat', mod: 11, incarnation: 'a-5', entry: undefined});
    expect(taken(8_000)).not.toContain('keep a');
  });

  it('that an operator evicts from an app that goes is not kept in it', () => {
    all();
    machine.changed(change('a', 5, 6), 0);
    taken(0);
    kept('a-5', 8, 'evicting');
    const spec = {service: 'app', createTime: 1, maxShardCount: 0, maxRecoveryTime: 10};
    const entry = {value: {...spec, deleting: true}, mod: 9, create: 1};
    view.apply({kind: 'spec', mod: 9, entry});
    expect(taken(4_000)).not.toContain('keep a');
  });

  it('that never sent a readable heartbeat is no container, and takes no id from one that did', () => {
    all();
    machine.changed(change('a', 5, 6, 'not JSON'), 0);
    expect(taken(0)).toEqual([]);
    machine.changed(change('b', 7, 8), 100);
    expect(taken(100)).toEqual(['opened b', 'keep b', 'look b']);
    expect(alarmsAt(1_000)).toContain('PUSH_UNREADABLE');
  });

  it('whose heartbeat cannot be read any more keeps what it has, and gets nothing new', () => {
    all();
    machine.changed(change('a', 5, 6), 0);
    taken(0);
    kept('a-5', 8);
    machine.changed(change('a', 5, 9, 'not JSON'), 100);
    const actions = machine.advance(2_000);
    expect(actions.map(nameOf)).toContain('keep a');
    expect(problemsOf(actions)).toEqual([
      ['a-5', 'has a heartbeat that cannot be read: no JSON object'],
    ]);
    machine.changed(change('a', 5, 10), 2_100);
    expect(problemsAt(3_000)).toEqual([]);
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

describe('a session that never sent a readable heartbeat', () => {
  it('stands for the process before it, and may run all that one had', () => {
    all();
    machine.changed(change('a', 5, 6), 0);
    taken(0);
    kept('a-5', 8);
    const value = {
      ...{v: 1, state: 'owned' as const, container: CONTAINER, incarnation: 'a-5', token: ''},
      ...{ready: true, move: null, failures: 0, lastError: ''},
    };
    view.apply({kind: 'own', mod: 9, shard: 's', entry: {value, mod: 9, create: 9}});
    // A second one takes nothing from the first that beats.
    machine.changed(change('b', 10, 11, 'not JSON'), 100);
    expect(taken(100)).toEqual([]);
    machine.changed(gone('a', 12), 200);
    machine.changed(change('b', 10, 13, 'not JSON'), 200);
    expect(taken(200)).toEqual(['ended a', 'keep a', 'opened b', 'keep b', 'look b']);
    const session = machine.holderOf('b-10')!;
    expect([...machine.runningOf(session)]).toEqual(['s']);
    // From its first heartbeat on that can be read, that says what runs.
    machine.changed(change('b', 10, 14), 300);
    taken(300);
    expect([...machine.runningOf(session)]).toEqual([]);
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

describe('sessions beyond the quota', () => {
  it('are counted once in a look, however many they are', () => {
    const count = 300;
    const value = {service: 'app', createTime: 1, maxShardCount: 0, maxRecoveryTime: 10};
    const entry = {value: {...value, quota: {pushSessions: 10}}, mod: 2, create: 1};
    view.apply({kind: 'spec', mod: 2, entry});
    all();
    for (let at = 0; at < count; at += 1) {
      const container = `10.0.1.${at}:80`;
      const key = `containerhb/${container}/a`;
      const beat = {key, create: 5, mod: 6, value: BEAT};
      machine.changed({key, container, lease: `${at}`, entry: beat, mod: 6}, 0);
    }
    const looks = vi.spyOn(view.heartbeats, 'has');
    expect(machine.advance(0).filter(({type}) => type === 'keep')).toHaveLength(10);
    machine.advance(500);
    expect(looks.mock.calls.length).toBeLessThan(5 * count);
  });
});

describe('a second session of an id', () => {
  beforeEach(() => {
    all();
    machine.changed(change('a', 5, 6), 0);
    taken(0);
    kept('a-5', 8);
  });

  it('that comes after the end of a process is not a second one: the older writes no more', () => {
    machine.changed(change('b', 9, 9, ''), 100);
    expect(alarmsAt(2_000)).toEqual([]);
    machine.changed(change('b', 9, 12), 2_100);
    expect(taken(2_500)).not.toContain('endSession b');
  });

  it('is an alarm while it waits, once the older one has written again', () => {
    machine.changed(change('b', 9, 9, ''), 100);
    machine.changed(change('a', 5, 10), 200);
    const actions = machine.advance(1_000);
    expect(actions.map(nameOf)).not.toContain('endSession b');
    const [alarms] = actions.filter((action) => action.type === 'alarms');
    expect(alarms?.type === 'alarms' && alarms.alarms).toEqual([
      {
        code: 'PUSH_DUPLICATE_ID',
        text: `a second process has the id of push container ${CONTAINER}; it may run the same shards, and answers nobody while it waits for the id: stop it`,
      },
    ]);
    machine.changed(change('a', 5, 12), 59_000);
    expect(alarmsAt(60_000)).toEqual(['PUSH_DUPLICATE_ID']);
    machine.changed(gone('b', 13), 60_100);
    expect(alarmsAt(61_000)).toEqual(['PUSH_DUPLICATE_ID']);
    machine.changed(change('a', 5, 14), 129_000);
    expect(alarmsAt(129_000)).toEqual([]);
  });

  it('that beats is ended at once', () => {
    machine.changed(change('b', 9, 9), 100);
    machine.changed(change('a', 5, 10), 200);
    expect(taken(1_000)).toContain('endSession b');
    expect(taken(1_500)).not.toContain('endSession b');
  });
});

describe('what a container that is gone keeps in the store', () => {
  const deletions = (nowMs: number): string[] =>
    taken(nowMs).filter((name) => name.startsWith('deleteStored'));

  beforeEach(() => {
    all();
    machine.changed(change('a', 5, 6), 0);
    taken(0);
    kept('a-5', 8);
    machine.changed(gone('a', 10), 1_000);
  });

  it('is deleted a second before its shards may go elsewhere, until that is done', () => {
    expect(deletions(1_000 + TTL_MS - 2_000)).toEqual([]);
    expect(deletions(1_000 + TTL_MS - 1_500)).toEqual(['deleteStored a-5']);
    expect(deletions(1_000 + TTL_MS - 1_000)).toEqual(['deleteStored a-5']);
    machine.storedDeleted('a-5');
    expect(deletions(1_000 + TTL_MS)).toEqual([]);
  });

  it('stays when it is back by then: it runs its shards already', () => {
    machine.changed(change('b', 12, 12, ''), 5_000);
    expect(deletions(1_000 + TTL_MS)).toEqual([]);
  });

  it('is deleted by a daemon that came after the session had ended, too', () => {
    machine = new ProxyMachine(view, 0);
    all();
    expect(deletions(500)).toEqual([]);
    expect(deletions(500 + TTL_MS)).toEqual(['deleteStored a-5']);
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
    expect(taken(1_500)).toEqual(['ended a', 'remove a-5']);
  });
});

describe('the guard lease that is in use', () => {
  const listing = (lease: string, shards: readonly string[]): string => {
    const entries = shards.map((id) => ({spec: {id, lease: {id: Number(lease)}}, disp: true}));
    return JSON.stringify({timestamp: 1, shards: entries});
  };

  function own(shard: string, incarnation: string): void {
    const value = {
      ...{v: 1, state: 'owned' as const, container: CONTAINER, incarnation, token: ''},
      ...{ready: true, move: null, failures: 0, lastError: ''},
    };
    view.apply({kind: 'own', mod: 9, shard, entry: {value, mod: 9, create: 9}});
  }

  it('is the one of shards that records name, however many a false session lists', () => {
    all();
    machine.changed(change('a', 5, 6, listing('7', ['s'])), 0);
    const other = change('b', 7, 8, listing('666', ['x', 'y', 'z']));
    machine.changed({...other, container: '10.0.0.2:80'}, 0);
    machine.advance(0);
    kept('a-5', 10);
    own('s', 'a-5');
    expect(machine.leaseInUse).toBe('7');
  });

  it('is the one that most shards are listed with where no record says anything', () => {
    all();
    machine.changed(change('a', 5, 6, listing('7', ['s', 't'])), 0);
    machine.changed({...change('b', 7, 8, listing('8', ['x'])), container: '10.0.0.2:80'}, 0);
    expect(machine.leaseInUse).toBe('7');
  });
});

describe('an eviction by an operator', () => {
  it('is known to the next daemon: the session gets no proxy heartbeat', () => {
    view.apply({kind: 'id', mod: 8, container: CONTAINER, incarnation: '', evicted: 'a-5'});
    all();
    machine.changed(change('a', 5, 6), 0);
    expect(taken(0)).toEqual(['opened a', 'look a']);
    expect(taken(8_000)).not.toContain('keep a');
  });

  it('leaves one that waits for its id as it is', () => {
    const fresh = {nonce: 'n', ttlMs: TTL_MS};
    const context = {app: 'app', keys: new Keys('/sm', 'sm'), view};
    const fencingKey = {key: 'f', target: 'mod', value: 1} as const;
    kept('a-5', 8, 'evicting');
    view.apply({kind: 'id', mod: 9, container: CONTAINER, incarnation: undefined});
    const subject = {container: CONTAINER, incarnation: 'a-5'};
    const {value, takesId} = proxyTransaction({...context, fencingKey}, subject, fresh);
    expect({state: value.state, takesId}).toEqual({state: 'evicting', takesId: false});
  });
});
