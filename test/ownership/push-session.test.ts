import {beforeEach, describe, expect, it} from 'vitest';
import type {OwnershipState} from '../../src/model/ownership.ts';
import {PushSession} from '../../src/ownership/push-session.ts';
import type {ListedShard} from '../../src/ownership/push-session.ts';
import type {Known} from '../../src/ownership/transitions.ts';
import {BEAT_LIMIT_MS, IGNORED_DROP_MS, SLOW_ADD_MS} from '../../src/ownership/limits.ts';

const ME = {container: '10.0.0.1:80', incarnation: 'ab-7'};
const RUNS: ListedShard = {disp: true, drop: false};
const STARTS: ListedShard = {disp: false, drop: false};
const GOES: ListedShard = {disp: false, drop: true};

function record(
  state: OwnershipState,
  mod: number,
  fields: {incarnation?: string; container?: string; ready?: boolean} = {},
): Known {
  const value = {
    ...{v: 1, state, container: ME.container, incarnation: ME.incarnation, token: ''},
    ...{ready: false, move: null, failures: 0, lastError: ''},
    ...fields,
  };
  return {value, mod, create: mod};
}

/** A session, its clock and its heartbeats, each at the next revision given. */
class Talk {
  readonly session = new PushSession(ME, 0);
  nowMs = 0;

  beat(mod: number, listed: Record<string, ListedShard> = {}): void {
    this.nowMs += 3_000;
    this.session.heard(mod, new Map(Object.entries(listed)), this.nowMs);
  }

  step(known: Known) {
    return this.session.step('s', known, this.nowMs);
  }

  /** Carries out the call that is expected and answers it. */
  call(known: Known, op: 'add' | 'drop', revision: number): void {
    expect(this.step(known)).toEqual({step: 'call', op});
    this.session.called('s', op, known?.mod ?? 0, this.nowMs);
    this.session.answered('s', {kind: 'accepted', revision}, this.nowMs);
  }

  alarms(): string[] {
    return this.session.alarms(this.nowMs).map(({code}) => code);
  }
}

let talk: Talk;
beforeEach(() => {
  talk = new Talk();
});

describe('a heartbeat that cannot be read', () => {
  const unreadable = (mod: number): void => talk.session.heard(mod, undefined, talk.nowMs);

  it('brings no add and no claim: the shard may run already, and an add would start it once more', () => {
    talk.beat(10);
    unreadable(12);
    expect(talk.step(record('owned', 11))).toEqual({step: 'wait'});
    expect(talk.step(record('assigned', 11))).toEqual({step: 'wait'});
    talk.beat(13);
    expect(talk.step(record('assigned', 11))).toEqual({step: 'claim'});
    expect(talk.step(record('owned', 11))).toEqual({step: 'call', op: 'add'});
  });

  it('is no reason to keep what is to be let go: the drop is sent, and not believed before one that can be read', () => {
    unreadable(12);
    const dropping = record('dropping', 11);
    talk.call(dropping, 'drop', 13);
    unreadable(14);
    unreadable(15);
    expect(talk.step(dropping)).toEqual({step: 'wait'});
    talk.beat(16);
    talk.beat(17);
    expect(talk.step(dropping)).toMatchObject({step: 'free'});
  });
});

describe('adding', () => {
  it('claims what is assigned, calls, and believes the heartbeat that lists it as running', () => {
    talk.beat(10);
    expect(talk.step(record('assigned', 11))).toEqual({step: 'claim'});
    const owned = record('owned', 12);
    talk.call(owned, 'add', 13);
    expect(talk.step(owned)).toEqual({step: 'wait'});
    talk.beat(14, {s: STARTS});
    expect(talk.step(owned)).toEqual({step: 'wait'});
    talk.beat(15, {s: RUNS});
    expect(talk.step(owned)).toEqual({step: 'ready'});
    expect(talk.step(record('owned', 16, {ready: true}))).toEqual({step: 'wait'});
  });

  it('does not believe a heartbeat that is older than the claim', () => {
    talk.beat(10, {s: RUNS});
    // Nor does it ask again for what may run already: the next heartbeat tells.
    expect(talk.step(record('owned', 12))).toEqual({step: 'wait'});
    talk.beat(14, {});
    expect(talk.step(record('owned', 12))).toEqual({step: 'call', op: 'add'});
  });

  it('calls again when the container does not answer, with back-off', () => {
    const owned = record('owned', 12);
    for (const waitMs of [500, 1_000, 2_000]) {
      expect(talk.step(owned)).toEqual({step: 'call', op: 'add'});
      talk.session.called('s', 'add', 12, talk.nowMs);
      expect(talk.step(owned)).toEqual({step: 'wait'});
      talk.session.answered('s', {kind: 'unreachable', message: 'refused'}, talk.nowMs);
      talk.nowMs += waitMs - 1;
      expect(talk.step(owned)).toEqual({step: 'wait'});
      talk.nowMs += 1;
    }
  });

  it('that is never answered raises its alarm, though the container answers other calls', () => {
    const known = record('owned', 10);
    const cause = 'no answer within 10 s';
    for (let beat = 0; talk.nowMs < SLOW_ADD_MS + 10_000; beat += 1) {
      if (talk.nowMs < SLOW_ADD_MS) expect(talk.alarms()).toEqual([]);
      if (talk.step(known).step === 'call') {
        talk.session.called('s', 'add', 10, talk.nowMs);
        talk.nowMs += 10_000;
        talk.session.answered('s', {kind: 'unreachable', message: cause}, talk.nowMs);
      }
      talk.beat(11 + beat);
      talk.session.reached();
    }
    expect(talk.session.alarms(talk.nowMs)).toEqual([
      {
        code: 'PUSH_ADD_SLOW',
        text: `push container ${ME.container} does not answer to the add of shard s, and does not run it: ${cause}`,
      },
    ]);
    talk.beat(1_000, {s: RUNS});
    talk.step(known);
    expect(talk.alarms()).toEqual([]);
  });

  it('calls again when the shard is accepted but not listed by several heartbeats', () => {
    const owned = record('owned', 12);
    talk.call(owned, 'add', 13);
    talk.beat(14);
    talk.beat(15);
    expect(talk.step(owned)).toEqual({step: 'wait'});
    talk.beat(16);
    expect(talk.step(owned)).toEqual({step: 'call', op: 'add'});
  });

  it('tells a running shard again when it has vanished from the heartbeats', () => {
    const ready = record('owned', 12, {ready: true});
    talk.beat(13, {s: RUNS});
    for (const mod of [14, 15, 16, 17]) talk.beat(mod);
    expect(talk.step(ready)).toEqual({step: 'call', op: 'add'});
  });

  it('is not repeated for what a process runs that came back within its session: it lists that from its start', () => {
    talk.beat(31, {s: RUNS});
    expect(talk.step(record('owned', 30, {incarnation: 'aa-3', ready: true}))).toEqual({
      step: 'wait',
    });
    expect(talk.step(record('assigned', 32))).toEqual({step: 'claim'});
    // The claim is newer than any heartbeat: nothing says yet that it is ready, and nothing that it is not.
    const claimed = record('owned', 33);
    talk.nowMs += 30_000;
    expect(talk.step(claimed)).toEqual({step: 'wait'});
    talk.beat(34, {s: STARTS});
    expect(talk.step(claimed)).toEqual({step: 'wait'});
    talk.beat(35, {s: RUNS});
    expect(talk.step(claimed)).toEqual({step: 'ready'});
    for (const mod of [37, 38, 39, 40]) talk.beat(mod, {s: RUNS});
    expect(talk.step(record('owned', 36, {ready: true}))).toEqual({step: 'wait'});
  });

  it('does not claim while the container still lets the shard go', () => {
    talk.beat(10, {s: GOES});
    expect(talk.step(record('assigned', 11))).toEqual({step: 'wait'});
    talk.beat(12);
    expect(talk.step(record('assigned', 11))).toEqual({step: 'claim'});
  });

  it('frees a refused shard as failed, but only after the container has surely let it go', () => {
    const owned = record('owned', 12);
    expect(talk.step(owned)).toEqual({step: 'call', op: 'add'});
    talk.session.called('s', 'add', 12, talk.nowMs);
    talk.session.answered('s', {kind: 'refused', message: '500: lease mismatch'}, talk.nowMs);
    talk.call(owned, 'drop', 13);
    talk.beat(14);
    expect(talk.step(owned)).toEqual({step: 'wait'});
    talk.beat(15);
    expect(talk.step(owned)).toEqual({step: 'free', failure: {message: '500: lease mismatch'}});
    talk.session.freed('s');
    expect(talk.step(record('owned', 17))).toEqual({step: 'call', op: 'add'});
  });
});

describe('dropping', () => {
  const dropping = record('dropping', 20);

  it('believes an accepted drop once a later heartbeat does not list the shard', () => {
    talk.beat(19, {s: RUNS});
    talk.call(dropping, 'drop', 21);
    expect(talk.step(dropping)).toEqual({step: 'wait'});
    talk.beat(22, {s: GOES});
    expect(talk.step(dropping)).toEqual({step: 'wait'});
    talk.beat(23);
    expect(talk.step(dropping)).toEqual({step: 'free', failure: undefined});
  });

  it('believes no heartbeat that was written before the answer', () => {
    talk.beat(19, {s: RUNS});
    expect(talk.step(dropping)).toEqual({step: 'call', op: 'drop'});
    talk.session.called('s', 'drop', 20, talk.nowMs);
    talk.beat(21);
    talk.session.answered('s', {kind: 'accepted', revision: 22}, talk.nowMs);
    expect(talk.step(dropping)).toEqual({step: 'wait'});
    talk.beat(23);
    expect(talk.step(dropping)).toEqual({step: 'free', failure: undefined});
  });

  it('of a shard that was never listed needs two heartbeats: the first may be older than the add', () => {
    talk.call(dropping, 'drop', 21);
    talk.beat(22);
    expect(talk.step(dropping)).toEqual({step: 'wait'});
    talk.beat(23);
    expect(talk.step(dropping)).toEqual({step: 'free', failure: undefined});
  });

  it('never ends without an accepted call, whatever the heartbeats say', () => {
    talk.beat(19, {s: RUNS});
    talk.session.called('s', 'drop', 20, talk.nowMs);
    talk.session.answered('s', {kind: 'refused', message: '500'}, talk.nowMs);
    for (const mod of [21, 22, 23, 24]) talk.beat(mod);
    expect(talk.step(dropping)).toEqual({step: 'call', op: 'drop'});
  });

  it('never ends while the shard is listed: the call is repeated and an alarm raised', () => {
    talk.beat(19, {s: RUNS});
    talk.call(dropping, 'drop', 20);
    let calls = 0;
    for (let mod = 21; mod < 40; mod += 1) {
      talk.beat(mod, {s: RUNS});
      const {step} = talk.step(dropping);
      expect(step).not.toBe('free');
      if (step !== 'call') continue;
      calls += 1;
      talk.session.called('s', 'drop', 20, talk.nowMs);
      talk.session.answered('s', {kind: 'accepted', revision: mod}, talk.nowMs);
    }
    expect(calls).toBeGreaterThan(3);
    expect(talk.alarms()).toEqual(['PUSH_DROP_IGNORED']);
  });

  it('that is never answered raises its alarm as soon as its limit has passed: a container that hangs says nothing', () => {
    talk.beat(19, {s: RUNS});
    expect(talk.step(dropping)).toEqual({step: 'call', op: 'drop'});
    talk.session.called('s', 'drop', 20, talk.nowMs);
    talk.nowMs += IGNORED_DROP_MS - 1;
    expect(talk.alarms()).toEqual([]);
    talk.nowMs += 1;
    expect(talk.alarms()).toEqual(['PUSH_DROP_IGNORED']);
  });

  it('does not end while a repeated call is under way: it could reach the container after the next add', () => {
    talk.beat(19, {s: RUNS});
    talk.call(dropping, 'drop', 20);
    talk.nowMs += 5_000;
    expect(talk.step(dropping)).toEqual({step: 'call', op: 'drop'});
    talk.session.called('s', 'drop', 20, talk.nowMs);
    talk.beat(21);
    expect(talk.step(dropping)).toEqual({step: 'wait'});
    talk.session.answered('s', {kind: 'unreachable', message: 'timeout'}, talk.nowMs);
    expect(talk.step(dropping)).toEqual({step: 'free', failure: undefined});
  });

  it('knows an answer to an older drop for what it is', () => {
    talk.beat(19, {s: RUNS});
    talk.call(dropping, 'drop', 20);
    talk.beat(21);
    expect(talk.step(record('dropping', 22))).toEqual({step: 'call', op: 'drop'});
  });
});

describe('shards recorded elsewhere', () => {
  const elsewhere = record('owned', 30, {incarnation: 'cd-9', container: '10.0.0.2:80'});

  it('are dropped at once, with an alarm', () => {
    talk.beat(31, {s: RUNS});
    talk.call(elsewhere, 'drop', 32);
    expect(talk.alarms()).toEqual(['PUSH_STRAY']);
    talk.beat(33);
    expect(talk.step(elsewhere)).toEqual({step: 'wait'});
  });

  it('are left alone when the heartbeat is older than the record', () => {
    talk.beat(29, {s: RUNS});
    expect(talk.step(elsewhere)).toEqual({step: 'wait'});
    expect(talk.alarms()).toEqual([]);
  });

  it('are dropped, too, when they are free or unknown', () => {
    talk.beat(31, {s: RUNS});
    expect(talk.step(record('free', 30))).toEqual({step: 'call', op: 'drop'});
    expect(talk.step(undefined)).toEqual({step: 'call', op: 'drop'});
  });

  it('are kept when they belong to an earlier session of the same container: they come back', () => {
    talk.beat(31, {s: RUNS});
    expect(talk.step(record('owned', 30, {incarnation: 'aa-3'}))).toEqual({step: 'wait'});
  });
});

describe('life', () => {
  it('is shown by heartbeats, readable or not', () => {
    expect(talk.session.beating(BEAT_LIMIT_MS)).toBe(true);
    expect(talk.session.beating(BEAT_LIMIT_MS + 1)).toBe(false);
    talk.session.heard(5, undefined, BEAT_LIMIT_MS);
    expect(talk.session.beating(2 * BEAT_LIMIT_MS)).toBe(true);
    expect(talk.session.alarms(3 * BEAT_LIMIT_MS).map(({code}) => code)).toEqual(['PUSH_STALE']);
  });

  it('an unreadable heartbeat proves nothing gone', () => {
    talk.beat(19, {s: RUNS});
    const dropping = record('dropping', 20);
    talk.call(dropping, 'drop', 21);
    talk.session.heard(22, undefined, talk.nowMs);
    talk.session.heard(23, undefined, talk.nowMs);
    expect(talk.step(dropping)).toEqual({step: 'wait'});
  });

  it('a container that answers nothing for a minute raises an alarm until it answers', () => {
    const owned = record('owned', 12);
    talk.session.called('s', 'add', 12, talk.nowMs);
    talk.session.answered('s', {kind: 'unreachable', message: 'timeout'}, 0);
    for (let mod = 20; mod < 40; mod += 1) talk.beat(mod);
    expect(talk.alarms()).toEqual(['PUSH_UNREACHABLE']);
    // The first cause: a text that changed with each call would be a new alarm each time.
    talk.session.answered('s', {kind: 'unreachable', message: 'reset'}, 1);
    expect(talk.session.alarms(talk.nowMs)[0]?.text).toContain('by HTTP: timeout');
    talk.call(owned, 'add', 41);
    expect(talk.alarms()).toEqual([]);
  });
});

describe('a container that lists ever new names', () => {
  it('leaves no calls behind for those that it lists no more', () => {
    talk.beat(10, {s: RUNS});
    talk.call(undefined, 'drop', 11);
    expect([...talk.session.asked]).toEqual(['s']);
    talk.beat(12);
    expect(talk.step(undefined)).toEqual({step: 'wait'});
    expect([...talk.session.asked]).toEqual([]);
  });

  it('only makes a drop take one heartbeat more to believe', () => {
    const dropping = record('dropping', 12);
    const names = (from: number) =>
      Object.fromEntries(Array.from({length: 15_000}, (_, at) => [`n${from + at}`, RUNS]));
    talk.beat(10, {s: RUNS});
    talk.beat(13, names(0));
    talk.beat(14, names(15_000));
    talk.beat(15, names(30_000));
    talk.call(dropping, 'drop', 16);
    talk.beat(17);
    expect(talk.step(dropping)).toEqual({step: 'wait'});
    talk.beat(18);
    expect(talk.step(dropping)).toMatchObject({step: 'free'});
  });
});

describe('an add that is still under way', () => {
  it('though a heartbeat lists the shard already, keeps a drop waiting', () => {
    talk.beat(10);
    const owned = record('owned', 12);
    talk.call(owned, 'add', 13);
    for (const mod of [14, 15, 16]) talk.beat(mod);
    expect(talk.step(owned)).toEqual({step: 'call', op: 'add'});
    talk.session.called('s', 'add', 12, talk.nowMs);
    talk.beat(17, {s: RUNS});
    expect(talk.step(owned)).toEqual({step: 'ready'});
    const dropping = record('dropping', 18);
    expect(talk.step(dropping)).toEqual({step: 'wait'});
    talk.session.answered('s', {kind: 'accepted', revision: 19}, talk.nowMs);
    expect(talk.step(dropping)).toEqual({step: 'call', op: 'drop'});
  });
});
