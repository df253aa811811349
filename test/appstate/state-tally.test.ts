/** Counts of states: as a walk through all shards would find them, whatever comes and goes. */
import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {AppView} from '../../src/appstate/app-view.ts';
import type {LivingContainer} from '../../src/governor/containers.ts';
import {shardFigures} from '../../src/governor/figures.ts';
import type {OwnershipRecord} from '../../src/model/ownership.ts';
import {recordState, shardStateOf} from '../../src/model/shard-state.ts';
import {SHARD_STATES} from '../../src/model/trouble.ts';

const SHARDS = ['s0', 's1', 's2', 's3', 's4'];
const LIVING = 'i-alive';
const SILENT = 'i-silent';

type Event =
  | {readonly kind: 'spec'; readonly shard: string; readonly isThere: boolean}
  | {readonly kind: 'own'; readonly shard: string; readonly record: OwnershipRecord | undefined}
  | {readonly kind: 'corrupt'; readonly shard: string; readonly what: 'own' | 'shard'};

const record: fc.Arbitrary<OwnershipRecord> = fc.record({
  v: fc.constant(1),
  state: fc.constantFrom('assigned', 'owned', 'dropping', 'free'),
  container: fc.constant('c'),
  incarnation: fc.constantFrom(LIVING, SILENT, 'i-gone'),
  token: fc.constant(''),
  ready: fc.boolean(),
  move: fc.constant(null),
  failures: fc.constantFrom(0, 1, 5),
  lastError: fc.constant(''),
});
const shard = fc.constantFrom(...SHARDS);
const event: fc.Arbitrary<Event> = fc.oneof(
  fc.record({kind: fc.constant('spec' as const), shard, isThere: fc.boolean()}),
  fc.record({
    kind: fc.constant('own' as const),
    shard,
    record: fc.option(record, {nil: undefined}),
  }),
  fc.record({
    kind: fc.constant('corrupt' as const),
    shard,
    what: fc.constantFrom('own' as const, 'shard' as const),
  }),
);

function play(events: readonly Event[]): AppView {
  const view = new AppView();
  const beat = {v: 1, container: 'c', ttlMs: 10_000, state: 'ready'} as never;
  for (const incarnation of [LIVING, SILENT])
    view.apply({kind: 'heartbeat', mod: 1, incarnation, entry: {value: beat, mod: 1, create: 1}});
  for (const [at, one] of events.entries()) {
    const mod = at + 2;
    const versioned = <T>(value: T): {value: T; mod: number; create: number} => ({
      ...{value, mod, create: mod},
    });
    if (one.kind === 'spec') {
      const spec = {id: one.shard, service: 'app', task: '', updateTime: 1, group: ''};
      const entry = one.isThere
        ? versioned({...spec, workerGroup: '', manualContainerId: ''})
        : undefined;
      view.apply({kind: 'shard', mod, shard: one.shard, entry});
    } else if (one.kind === 'own') {
      const entry = one.record === undefined ? undefined : versioned(one.record);
      view.apply({kind: 'own', mod, shard: one.shard, entry});
    } else
      view.apply({kind: 'corrupt', mod, what: one.what, id: one.shard, problem: 'is not JSON'});
  }
  return view;
}

/** As a walk finds them. */
function walked(view: AppView, homeless: ReadonlySet<string>, unknown: boolean): object {
  const counts = Object.fromEntries(SHARD_STATES.map((state) => [state, 0]));
  for (const one of view.shards.keys()) {
    const known = view.own.get(one)?.value;
    const lost = known !== undefined && known.state !== 'free' && known.incarnation !== LIVING;
    const unreadable = view.isQuarantined(one);
    const state = shardStateOf(known, {unreadable, lost, unknown, homeless: homeless.has(one)});
    counts[state] = (counts[state] ?? 0) + 1;
  }
  return counts;
}

describe('the tally of states', () => {
  it('says what a walk through all shards says', () => {
    fc.assert(
      fc.property(
        fc.array(event, {maxLength: 60}),
        fc.uniqueArray(shard),
        fc.boolean(),
        (events, unplaced, unknown) => {
          const view = play(events);
          const silent = {container: 'c', incarnation: SILENT, endpoint: '', note: ''};
          const living = new Map<string, LivingContainer>([
            ['c', {...silent, state: 'silent', mode: 'closed'}],
          ]);
          const homeless = new Set(unplaced);
          const shards = shardFigures({view, living, unknown, plan: {unplaced: homeless}});
          expect(shards).toEqual(walked(view, homeless, unknown));
          const failed = [...view.own].filter(([, {value}]) => recordState(value) === 'failed');
          expect([...view.states.failed].sort()).toEqual(failed.map(([id]) => id).sort());
          const notReady = [...view.own].filter(([, {value}]) => recordState(value) !== 'ready');
          expect([...view.states.notReady].sort()).toEqual(notReady.map(([id]) => id).sort());
        },
      ),
      {numRuns: 500},
    );
  });
});
