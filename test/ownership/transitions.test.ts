/** The transition function against a second telling of the table (src/audit/record-law.ts), over all states there are. */
import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {unlawful} from '../../src/audit/record-law.ts';
import type {Circumstances} from '../../src/audit/record-law.ts';
import type {OwnershipRecord, OwnershipState} from '../../src/model/ownership.ts';
import {formatToken} from '../../src/model/token.ts';
import type {RecordGuard, Transition, TransitionKind} from '../../src/model/transition.ts';
import * as table from '../../src/ownership/transitions.ts';
import type {Known} from '../../src/ownership/transitions.ts';

const EPOCH = 3;
const INCARNATIONS = ['a', 'b'] as const;
const MOVE = {id: 'm', from: '', to: '', why: '', startedAt: ''};

const states = fc.constantFrom<OwnershipState>('assigned', 'owned', 'dropping', 'free');
const record: fc.Arbitrary<OwnershipRecord> = fc
  .record({
    state: states,
    incarnation: fc.constantFrom(...INCARNATIONS),
    written: fc.boolean(),
    ready: fc.boolean(),
    failures: fc.integer({min: 0, max: 9}),
    extra: fc.string(),
  })
  .map(({state, incarnation, written, ready, failures, extra}) => ({
    ...{v: 1, state, container: `c-${incarnation}`, incarnation, move: null, extra},
    ...{failures, lastError: failures > 0 ? 'e' : ''},
    ready: state === 'owned' && written && ready,
    token:
      state === 'dropping' || (state === 'owned' && written)
        ? formatToken({epoch: EPOCH, revision: 7})
        : '',
  }));
const known: fc.Arbitrary<Known> = fc
  .option(fc.tuple(record, fc.integer({min: 8, max: 1_000})), {nil: undefined})
  .map((one) => one && {value: one[0], mod: one[1], create: 1});

/** What is true in the store and of the writer when the transaction is applied. */
const world = fc.record({
  living: fc.subarray([...INCARNATIONS]),
  specExists: fc.boolean(),
  governs: fc.boolean(),
  /** The writer, when it writes as a container. */
  me: fc.constantFrom(...INCARNATIONS),
});
type World = typeof world extends fc.Arbitrary<infer T> ? T : never;

const KINDS: readonly TransitionKind[] = [
  'assign',
  'reassign',
  'recall',
  'claim',
  'ready',
  'drop',
  'free',
  'forget',
];
const BY_CONTAINER: ReadonlySet<TransitionKind> = new Set(['claim', 'ready', 'free']);

function build(
  kind: TransitionKind | 'redirect',
  before: Known,
  target: string,
): Transition | undefined {
  const to = {container: `c-${target}`, incarnation: target};
  const given = {...to, move: MOVE, taskVersion: 0};
  const me = {...to, create: 5};
  try {
    switch (kind) {
      case 'assign':
        return table.assign('s', before, given);
      case 'reassign':
        return table.reassignLost('s', before, given);
      case 'redirect':
        return table.redirect('s', before, given);
      case 'recall':
        return table.recall('s', before);
      case 'claim':
        return table.claim('s', before, me, 0, false);
      case 'ready':
        return table.markReady('s', before, me, EPOCH);
      case 'drop':
        return table.drop('s', before, MOVE, EPOCH);
      case 'free':
        return table.free('s', before, undefined);
      case 'forget':
        return table.forget('s', before);
    }
  } catch (error) {
    expect(String(error)).toContain('invariant broken');
    return undefined;
  }
}

/** Whether the store would commit it in this world; the record itself has not changed meanwhile. */
function commits(
  {guards}: Transition,
  before: Known,
  {living, specExists, governs}: World,
): boolean {
  const holds = (guard: RecordGuard): boolean => {
    switch (guard.kind) {
      case 'own':
        return guard.mod === (before?.mod ?? 0);
      case 'heartbeatExists':
      case 'heartbeatCreated':
        return living.includes(guard.incarnation as 'a');
      case 'heartbeatAbsent':
        return !living.includes(guard.incarnation as 'a');
      case 'specExists':
        return specExists;
      case 'specAbsent':
        return !specExists;
      case 'fencingKey':
        return governs;
      default:
        throw new Error(`no guard of records: ${guard.kind}`);
    }
  };
  return guards.every(holds);
}

function circumstances(
  {living, specExists, governs, me}: World,
  byContainer: boolean,
): Circumstances {
  return {
    exists: (incarnation) => living.includes(incarnation as 'a'),
    specExists,
    governs: governs && !byContainer,
    writerIs: (incarnation) => byContainer && incarnation === me,
    readyAtClaim: false,
  };
}

describe('the transition table', () => {
  it('writes nothing that the law forbids, whenever the guards of the transaction hold', () => {
    let committed = 0;
    fc.assert(
      fc.property(
        fc.constantFrom(...KINDS, 'redirect' as const),
        known,
        world,
        (kind, before, now) => {
          // A container writes as itself: of what it holds, and of what is assigned to it.
          const byContainer = BY_CONTAINER.has(kind as TransitionKind);
          fc.pre(!byContainer || before?.value.incarnation === now.me);
          const transition = build(kind, before, now.me);
          if (transition === undefined || !commits(transition, before, now)) return;
          committed += 1;
          const after = transition.record ?? undefined;
          expect(unlawful(before?.value, after, circumstances(now, byContainer))).toBeUndefined();
        },
      ),
      {numRuns: 5_000},
    );
    expect(committed).toBeGreaterThan(200);
  });

  it('compares the record as last seen in every write, and the fencing key in every write of a governor', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...KINDS, 'redirect' as const),
        known,
        world,
        (kind, before, {me}) => {
          const transition = build(kind, before, me);
          if (transition === undefined) return;
          const mod = before?.mod ?? 0;
          expect(transition.guards).toContainEqual({kind: 'own', shard: 's', mod});
          const governors = !BY_CONTAINER.has(transition.kind);
          expect(transition.guards.some((guard) => guard.kind === 'fencingKey')).toBe(governors);
        },
      ),
      {numRuns: 2_000},
    );
  });

  it('takes nothing from a holder but by his own word or his absence', () => {
    fc.assert(
      fc.property(known, world, (before, now) => {
        const taken = build('reassign', before, now.me);
        if (taken === undefined || before === undefined) return;
        const {incarnation} = before.value;
        expect(taken.guards).toContainEqual({kind: 'heartbeatAbsent', incarnation});
        expect(taken.record?.token).toBe('');
      }),
    );
  });

  it('keeps what it does not know', () => {
    fc.assert(
      fc.property(fc.constantFrom(...KINDS), known, world, (kind, before, {me}) => {
        const after = build(kind, before, me)?.record;
        if (after === undefined || after === null || before === undefined) return;
        expect(after['extra']).toBe(before.value['extra']);
      }),
    );
  });

  it('knows one token from claim to free', () => {
    fc.assert(
      fc.property(known, world, (before, {me}) => {
        for (const kind of ['ready', 'drop'] as const) {
          const after = build(kind, before, me)?.record;
          if (after === undefined || after === null || before === undefined) continue;
          expect(after.token).toBe(table.tokenOf(before, EPOCH));
        }
      }),
    );
  });
});
