/** The column "guards" of the transition table (protocol.md, "Records"), row by row, as it is written there. */
import {describe, expect, it} from 'vitest';
import type {OwnershipRecord, OwnershipState, Versioned} from '../../src/model/ownership.ts';
import type {RecordGuard, Transition} from '../../src/model/transition.ts';
import * as table from '../../src/ownership/transitions.ts';

const MOD = 17;
const X = {container: 'c-x', incarnation: 'x'};
const Y = {container: 'c-y', incarnation: 'y'};
const ME = {...X, create: 5};
const MOVE = {id: 'm', from: '', to: '', why: '', startedAt: ''};
const TO = {...Y, move: MOVE, taskVersion: 0};

/** The record of s, which names X. */
function known(state: OwnershipState): Versioned<OwnershipRecord> {
  const value = {
    ...{v: 1, state, ...X, token: '', ready: false, move: null, failures: 0, lastError: ''},
  };
  return {value, mod: MOD, create: 3};
}

const GOVERNS: RecordGuard = {kind: 'fencingKey'};
const OWN: RecordGuard = {kind: 'own', shard: 's', mod: MOD};
const X_GONE: RecordGuard = {kind: 'heartbeatAbsent', incarnation: 'x'};
const Y_LIVES: RecordGuard = {kind: 'heartbeatExists', incarnation: 'y'};
const MINE: RecordGuard = {kind: 'heartbeatCreated', incarnation: 'x', create: 5};
const SPEC: RecordGuard = {kind: 'specExists', shard: 's'};
const NO_SPEC: RecordGuard = {kind: 'specAbsent', shard: 's'};

const HINTED = known('assigned').value;
const ROWS: readonly [string, Transition, RecordGuard[]][] = [
  [
    'absent -> assigned',
    table.assign('s', undefined, TO),
    [GOVERNS, {...OWN, mod: 0} as RecordGuard, Y_LIVES],
  ],
  ['free -> assigned', table.assign('s', known('free'), TO), [GOVERNS, OWN, Y_LIVES]],
  [
    'owned -> assigned',
    table.reassignLost('s', known('owned'), TO),
    [GOVERNS, OWN, X_GONE, Y_LIVES],
  ],
  [
    'dropping -> assigned',
    table.reassignLost('s', known('dropping'), TO),
    [GOVERNS, OWN, X_GONE, Y_LIVES],
  ],
  ['assigned -> assigned', table.redirect('s', known('assigned'), TO), [GOVERNS, OWN, Y_LIVES]],
  ['assigned -> free', table.recall('s', known('assigned')), [GOVERNS, OWN]],
  ['assigned -> owned', table.claim('s', known('assigned'), ME, 0, false), [OWN, MINE, SPEC]],
  [
    'assigned -> owned, as hinted',
    table.claimHinted('s', HINTED, ME, 9, false),
    [{kind: 'ownIs', shard: 's', record: HINTED}, MINE, SPEC, {kind: 'clusterMod', mod: 9}],
  ],
  ['owned -> owned', table.markReady('s', known('owned'), ME, 1), [OWN, MINE]],
  ['owned -> dropping', table.drop('s', known('owned'), MOVE, 1), [GOVERNS, OWN]],
  ['owned -> free', table.free('s', known('owned'), undefined), [OWN]],
  ['dropping -> free', table.free('s', known('dropping'), undefined), [OWN]],
  ['free -> absent', table.forget('s', known('free')), [GOVERNS, OWN, NO_SPEC]],
  ['owned -> absent', table.forget('s', known('owned')), [GOVERNS, OWN, NO_SPEC, X_GONE]],
];

describe('the guards of a transition', () => {
  for (const [row, transition, guards] of ROWS)
    it(`${row} are those of the table`, () => {
      expect(transition.guards).toHaveLength(guards.length);
      expect(transition.guards).toEqual(expect.arrayContaining(guards));
    });
});

describe('a transition that the table does not have', () => {
  it('is not built: a claim of what is assigned to another', () => {
    const other = {...Y, create: 5};
    expect(() => table.claim('s', known('assigned'), other, 0, false)).toThrow(/invariant/);
    expect(() => table.claimHinted('s', HINTED, other, 9, false)).toThrow(/invariant/);
  });

  it('is not built: out of a state that the row does not name', () => {
    for (const state of ['assigned', 'owned', 'dropping'] as const)
      expect(() => table.assign('s', known(state), TO)).toThrow(/invariant/);
    for (const state of ['owned', 'dropping', 'free'] as const) {
      expect(() => table.redirect('s', known(state), TO)).toThrow(/invariant/);
      expect(() => table.recall('s', known(state))).toThrow(/invariant/);
      expect(() => table.claim('s', known(state), ME, 0, false)).toThrow(/invariant/);
    }
    for (const state of ['assigned', 'dropping', 'free'] as const)
      expect(() => table.drop('s', known(state), MOVE, 1)).toThrow(/invariant/);
    for (const state of ['assigned', 'free'] as const)
      expect(() => table.free('s', known(state), undefined)).toThrow(/invariant/);
    expect(() => table.reassignLost('s', known('free'), TO)).toThrow(/invariant/);
  });
});
