/** A push container runs what it kept as soon as it is there, whatever the records say: nobody else may be given that before it is recorded. */
import {describe, expect, it} from 'vitest';
import {AppView} from '../../src/appstate/app-view.ts';
import type {LivingContainer} from '../../src/governor/containers.ts';
import {reconcile} from '../../src/governor/reconcile.ts';
import type {Destination, ReconcileContext, Step} from '../../src/governor/reconcile.ts';
import type {Heartbeat} from '../../src/model/container.ts';
import type {OwnershipRecord} from '../../src/model/ownership.ts';

const ELSEWHERE: Destination = {
  ...{target: 'b', mustDrop: false, stranded: false, isShutOut: false},
};

interface Scene {
  readonly state: OwnershipRecord['state'];
  /** Incarnation in the record. */
  readonly recorded: string;
  /** Incarnations of container a that have a heartbeat. */
  readonly heartbeats: readonly string[];
  /** The one that holds the id. */
  readonly holder?: string;
  /** The one whose session runs the shard. */
  readonly runs?: string;
}

function stepOf({state, recorded, heartbeats, holder, runs}: Scene): Step {
  const view = new AppView();
  const value: OwnershipRecord = {
    ...{v: 1, state, container: 'a', incarnation: recorded, token: '', ready: false, move: null},
    ...{failures: 0, lastError: ''},
  };
  view.apply({kind: 'own', mod: 5, shard: 's', entry: {value, mod: 5, create: 5}});
  for (const incarnation of heartbeats) view.apply(heartbeat(incarnation));
  if (runs !== undefined)
    view.noteSessionShards({container: 'a', incarnation: runs}, new Set(['s']));
  const living = new Map([['b', open('b', 'b-1')]]);
  if (holder !== undefined) living.set('a', open('a', holder));
  const never = (): boolean => false;
  const context: ReconcileContext = {
    ...{
      view,
      living,
      epoch: 1,
      isFull: never,
      hasKeyConflict: never,
      isOverplanned: never,
      isBusy: never,
      isTrial: never,
      isQueued: never,
    },
    newMove: (from, to) => ({id: 'm', from, to, why: '', startedAt: ''}),
  };
  return reconcile('s', ELSEWHERE, context);
}

function heartbeat(incarnation: string): Parameters<AppView['apply']>[0] {
  const value: Heartbeat = {
    ...{v: 1, container: 'a', ttlMs: 10_000, endpoint: 'a', host: '', pid: 0, bootId: ''},
    ...{zone: '', labels: {}, version: '', sdk: '', seq: 0, nonce: ''},
    state: 'waiting',
  };
  return {kind: 'heartbeat', mod: 6, incarnation, entry: {value, mod: 6, create: 6}};
}

function open(container: string, incarnation: string): LivingContainer {
  return {container, incarnation, endpoint: '', state: 'ready', mode: 'open'} as LivingContainer;
}

function targetOf(step: Step): string {
  return step.step === 'write' ? (step.transition.record?.incarnation ?? '') : step.step;
}

describe('a shard that a push container runs by what it kept', () => {
  const lost = {recorded: 'a-1', heartbeats: ['a-2']} as const;

  it.each(['owned', 'dropping', 'assigned'] as const)(
    'goes nowhere while that one waits for its id (%s)',
    (state) => {
      expect(stepOf({...lost, state, runs: 'a-2'})).toEqual({step: 'wait', for: 'session'});
    },
  );

  it.each(['owned', 'dropping', 'assigned'] as const)(
    'is recorded there once it has its id (%s)',
    (state) => {
      expect(targetOf(stepOf({...lost, state, holder: 'a-2', runs: 'a-2'}))).toBe('a-2');
    },
  );

  it('is claimed there before it goes elsewhere', () => {
    const given = {state: 'assigned', recorded: 'a-2', heartbeats: ['a-2'], holder: 'a-2'} as const;
    expect(stepOf({...given, runs: 'a-2'})).toEqual({step: 'hint', op: 'add'});
    expect(targetOf(stepOf(given))).toBe('b-1');
  });

  it('goes where it belongs when nobody says that he runs it', () => {
    expect(targetOf(stepOf({...lost, state: 'dropping'}))).toBe('b-1');
  });
});
