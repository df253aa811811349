/** What keeps a planned move from beginning: each budget is the one that refuses, and says so by name and numbers. */
import {describe, expect, it} from 'vitest';
import {ContainerTrust} from '../../src/governor/container-trust.ts';
import type {LivingContainer} from '../../src/governor/containers.ts';
import {InFlightMoves} from '../../src/governor/in-flight-moves.ts';
import {firstToDrain, startableMove} from '../../src/governor/move-gate.ts';
import type {MoveGate, WantedMove} from '../../src/governor/move-gate.ts';
import {MoveWaits} from '../../src/governor/move-waits.ts';
import {PendingWrites} from '../../src/governor/pending-writes.ts';
import {zoneOf} from '../../src/governor/placement-terms.ts';
import {DEPARTURES_PER_APP, WAITS_KEPT_MS} from '../../src/governor/limits.ts';
import {MOVE_BUDGETS, waitFor, waitName, waitText} from '../../src/model/move-wait.ts';
import type {MoveBudget} from '../../src/model/move-wait.ts';
import type {MoveCause} from '../../src/model/placement.ts';
import type {AppSpec, ShardSpec} from '../../src/model/specs.ts';
import {forget} from '../../src/ownership/transitions.ts';
import {GovernorBed} from './governor-bed.ts';

const NOW_MS = 100_000;
const ZONES = {c1: 'z1', c2: 'z2', c3: 'z1'};
const CONTAINERS = ['c1', 'c2', 'c3'] as const;

/** An app whose shards all serve on c1, and the gate of a move of s0 to c2 that nothing keeps. */
class Gate {
  readonly bed = new GovernorBed([]);
  readonly inFlightMoves: InFlightMoves;
  readonly living = new Map<string, LivingContainer>();
  readonly trust = new ContainerTrust();
  readonly pending = new PendingWrites();
  over: Partial<MoveGate> = {};
  move: WantedMove = {shard: 's0', from: 'c1', to: 'c2', cause: 'balance'};

  constructor() {
    const {bed} = this;
    const {view} = bed.governor;
    for (const container of CONTAINERS) {
      bed.join(container);
      bed.heard(container, undefined, {zone: ZONES[container]});
      const incarnation = view.ids.get(container)?.incarnation ?? '';
      const plain = {container, incarnation, endpoint: '', state: 'ready', mode: 'open'} as const;
      this.living.set(container, plain);
      this.trust.assume(incarnation, 'proved');
    }
    this.inFlightMoves = new InFlightMoves(view, (container) => zoneOf(view, container));
    this.shard({});
    this.serve('s0', true);
  }

  spec(over: Partial<AppSpec>): void {
    this.bed.respec(over);
  }

  shard(over: Partial<ShardSpec>): void {
    this.bed.addShard('s0', over);
  }

  serve(shard: string, ready: boolean): void {
    const incarnation = this.incarnation('c1');
    this.bed.record(shard, {
      ...{v: 1, state: 'owned', container: 'c1', incarnation, token: '1.1', ready},
      ...{move: null, failures: 0, lastError: ''},
    });
  }

  incarnation(container: string): string {
    return this.living.get(container)?.incarnation ?? '';
  }

  becomes(container: string, state: LivingContainer['state']): void {
    const known = this.living.get(container);
    if (known !== undefined) this.living.set(container, {...known, state});
  }

  /** So many planned moves are under way. */
  begun(count: number, from: string, to: string, urgency: 'planned' | 'departure' = 'planned') {
    for (let at = 0; at < count; at += 1)
      this.inFlightMoves.begin(`${from}-${to}-${at}`, from, to, urgency, NOW_MS);
  }

  get found(): ReturnType<typeof startableMove> {
    const {living, inFlightMoves, trust, pending, over} = this;
    return startableMove(this.move, {
      ...{view: this.bed.governor.view, living, inFlightMoves, trust, pending, nowMs: NOW_MS},
      ...{isBreakerOpen: false, isQuiet: false, drainsFirst: '', plannedCount: () => 1},
      ...over,
    });
  }
}

/** What keeps the move, by budget; and what the answer says of it. */
const BLOCKERS: Readonly<
  Record<Exclude<MoveBudget, 'planPause' | 'turn'>, readonly [(gate: Gate) => void, object]>
> = {
  writing: [
    (gate) => {
      const known = gate.bed.governor.view.own.get('s0');
      if (known === undefined) throw new Error('s0 has no record');
      gate.pending.submit(forget('s0', known));
    },
    {of: '', limit: 0},
  ],
  notReady: [(gate) => gate.serve('s0', false), {of: '', limit: 0}],
  cancelled: [
    (gate) => {
      const [from, to] = [gate.incarnation('c1'), gate.incarnation('c2')];
      const ends = {from: 'c1', to: 'c2', fromIncarnation: from, toIncarnation: to};
      gate.shard({cancelledMove: {...ends, by: 'op', at: ''}});
    },
    {of: '', limit: 0},
  ],
  paused: [(gate) => gate.spec({paused: true}), {of: '', limit: 0}],
  brake: [(gate) => (gate.over = {isBreakerOpen: true}), {of: '', limit: 0}],
  quietTime: [(gate) => (gate.over = {isQuiet: true}), {of: '', limit: 0}],
  drainOrder: [
    (gate) => {
      gate.becomes('c1', 'draining');
      gate.move = {...gate.move, cause: 'drain'};
      gate.over = {drainsFirst: 'c3'};
    },
    {of: 'c3', limit: 0},
  ],
  trial: [
    (gate) => {
      const trust = {isProved: () => false, isTrial: () => false, isRefusing: () => true};
      gate.over = {trust};
    },
    {of: 'c2', limit: 0},
  ],
  'drain.maxMoving': [
    (gate) => {
      gate.becomes('c1', 'draining');
      gate.bed.order('c1', 'drain', {maxMoving: 2});
      gate.move = {...gate.move, cause: 'drain'};
      gate.begun(2, 'c1', 'c3');
    },
    {of: 'c1', used: 2, limit: 2},
  ],
  slowStart: [
    (gate) => {
      gate.spec({placement: {slowStart: 3}});
      gate.begun(3, 'c3', 'c2');
    },
    {of: 'c2', used: 3, limit: 3},
  ],
  departures: [
    (gate) => {
      gate.becomes('c1', 'leaving');
      gate.move = {...gate.move, cause: 'drain'};
      gate.begun(DEPARTURES_PER_APP, 'c1', 'c3', 'departure');
    },
    {of: '', used: DEPARTURES_PER_APP, limit: DEPARTURES_PER_APP},
  ],
  maxMoving: [
    (gate) => {
      gate.spec({maxMoving: 2});
      gate.begun(2, 'c3', 'c3');
    },
    {of: '', used: 2, limit: 2},
  ],
  overdue: [
    (gate) => {
      gate.spec({maxMoving: 2});
      // The moves that are stuck leave their places in the budget of the app to others.
      gate.begun(2, 'c2', 'c3');
      const overdue = [0, 1].map((at) => ({shard: `c2-c3-${at}`, hook: 'drop' as const}));
      gate.inFlightMoves.noteOverdue('c2-inc', {container: 'c2', overdue});
    },
    {of: 'c2', used: 2, limit: 2},
  ],
  'moving.perMinute': [
    (gate) => {
      gate.spec({placement: {moving: {perMinute: 2}}});
      gate.begun(2, 'c3', 'c3');
      gate.inFlightMoves.end('c3-c3-0');
      gate.inFlightMoves.end('c3-c3-1');
    },
    {of: '', used: 2, limit: 2},
  ],
  'moving.zone': [
    (gate) => {
      gate.spec({placement: {moving: {zone: 2}}});
      gate.begun(2, 'c3', 'c3');
    },
    {of: 'z1', used: 2, limit: 2},
  ],
  'moving.container': [
    (gate) => {
      gate.spec({maxMoving: 10, placement: {moving: {container: 2}}});
      gate.begun(2, 'c3', 'c2');
    },
    {of: 'c2', used: 2, limit: 2},
  ],
};

describe('a planned move', () => {
  it('begins where nothing keeps it', () => {
    const gate = new Gate();
    expect(gate.found).toBe(gate.bed.own.get('s0'));
  });

  it.each(Object.entries(BLOCKERS))('waits for %s', (budget, [keep, says]) => {
    const gate = new Gate();
    keep(gate);
    expect(gate.found).toMatchObject({budget, ...says});
  });

  it('to a joiner begins where one more has become ready there, whatever is still on its way', () => {
    const gate = new Gate();
    gate.spec({placement: {slowStart: 2}});
    const [container, incarnation] = ['c2', gate.incarnation('c2')];
    for (const shard of ['s1', 's2']) {
      gate.bed.addShard(shard);
      gate.bed.record(shard, {
        ...{v: 1, state: 'owned', container, incarnation, token: '1.1', ready: true},
        ...{move: null, failures: 0, lastError: ''},
      });
    }
    gate.begun(3, 'c3', 'c2');
    expect(gate.found).not.toHaveProperty('budget');
    gate.begun(4, 'c3', 'c2');
    expect(gate.found).toMatchObject({budget: 'slowStart', used: 4, limit: 4});
  });

  it('begins when a place has become free', () => {
    const gate = new Gate();
    BLOCKERS['moving.container'][0](gate);
    gate.inFlightMoves.end('c3-c2-0');
    expect(gate.found).toBe(gate.bed.own.get('s0'));
  });

  describe('to a container that has not proved itself, to which a running shard is on its way', () => {
    function toUnproved(cause: MoveCause, state: 'ready' | 'draining' | 'leaving'): Gate {
      const gate = new Gate();
      gate.move = {...gate.move, cause};
      gate.becomes('c1', state);
      gate.over = {
        trust: {isProved: () => false, isTrial: () => true, isRefusing: () => false},
      };
      gate.begun(1, 'c3', 'c2');
      return gate;
    }

    it.each([
      ['balance', 'ready'],
      ['drain', 'draining'],
      ['constraint', 'ready'],
      ['capacity', 'ready'],
    ] as const)('waits its turn (%s), be it on trial itself', (cause, state) => {
      const gate = toUnproved(cause, state);
      expect(gate.found).toMatchObject({budget: 'trial', of: 'c2'});
      gate.inFlightMoves.end('c3-c2-0');
      expect(gate.found).toBe(gate.bed.own.get('s0'));
    });

    it('begins all the same where its own leaves: that has limited time', () => {
      const gate = toUnproved('drain', 'leaving');
      expect(gate.found).toBe(gate.bed.own.get('s0'));
    });
  });

  it('to one that refuses begins where nobody has a choice, and on trial', () => {
    const gate = new Gate();
    const trust = {isProved: () => false, isTrial: () => false, isRefusing: () => true};
    gate.over = {trust};
    gate.move = {...gate.move, cause: 'constraint'};
    expect(gate.found).toBe(gate.bed.own.get('s0'));
    gate.move = {...gate.move, cause: 'balance'};
    expect(gate.found).toMatchObject({budget: 'trial'});
    gate.over = {trust: {...trust, isTrial: () => true}};
    expect(gate.found).toBe(gate.bed.own.get('s0'));
  });

  it('of a drain waits for the one that was ordered first', () => {
    const gate = new Gate();
    gate.spec({placement: {drainOrder: 'sequential'}});
    for (const container of ['c3', 'c1']) gate.becomes(container, 'draining');
    gate.bed.order('c3', 'drain', {at: '2026-01-01T00:00:00Z'});
    gate.bed.order('c1', 'drain', {at: '2026-01-01T00:00:01Z'});
    const queue = {draining: ['c1', 'c3']};
    const {view} = gate.bed.governor;
    expect(firstToDrain(queue, {...gate, view})).toBe('c3');
    gate.spec({placement: {}});
    expect(firstToDrain(queue, {...gate, view})).toBe('');
  });
});

describe('the sentence', () => {
  it('is there for every budget, and names the setting where there is one', () => {
    const quiet = {until: '2026-01-01T00:00:00Z', why: 'container c3 leaves'};
    for (const budget of MOVE_BUDGETS) {
      const text = waitText(waitFor(budget, 'c1', 3, 3), {app: 'orders', quiet});
      expect(text.length, budget).toBeGreaterThan(10);
      const [, field] = /^(moving\.\w+|slowStart|drainOrder|quietTime)$/.exec(budget) ?? [];
      if (field !== undefined) expect(text).toContain(`placement.${field}, sm app update orders`);
    }
    expect(waitText(waitFor('maxMoving', '', 10, 10), {app: 'orders'})).toBe(
      'maxMoving: 10 of 10 planned moves of the app are under way; sm app update orders --max-moving N changes it',
    );
    expect(waitName(waitFor('maxMoving', '', 10, 10))).toBe('maxMoving (10 of 10)');
    expect(waitName(waitFor('drainOrder', 'c1'))).toBe('drainOrder of c1');
  });
});

describe('what the summary says of the queue', () => {
  const shards = Array.from({length: 100}, (_, index) => `s${index}`);

  it('names the budget, and nothing more once nothing waits', () => {
    const bed = new GovernorBed(shards, {maxMoving: 3});
    bed.join('c1');
    bed.pass(3_000, ['c1']);
    for (let round = 0; round < 3; round += 1) {
      bed.claim(bed.unclaimed('c1'));
      bed.pass(1_000, ['c1']);
    }
    expect(bed.status?.waits).toBe(undefined);
    bed.join('c2');
    bed.prove('c2');
    bed.pass(3_000, ['c1', 'c2']);
    expect(bed.status?.waits).toEqual([{budget: 'maxMoving', of: '', used: 3, limit: 3}]);
    for (let round = 0; round < 40; round += 1) {
      const going = shards.filter((shard) => bed.places[shard]?.startsWith('dropping'));
      for (const shard of going)
        expect(bed.own.get(shard)?.value.move?.numbers).toMatch(
          /^c1 \d+ -> 50 shards; c2 \d+ -> 50 shards$/,
        );
      bed.free(going);
      bed.pass(300, ['c1', 'c2']);
      bed.claim(bed.unclaimed('c2'));
      bed.pass(300, ['c1', 'c2']);
    }
    bed.pass(2_000, ['c1', 'c2']);
    expect(bed.status).toMatchObject({settled: true});
    expect(bed.status?.waits).toBe(undefined);
  });

  it('keeps a budget that fills and empties, for a few seconds', () => {
    const waits = new MoveWaits();
    waits.note(waitFor('maxMoving', '', 3, 3), 0);
    expect(waits.takeNews()).toBe(true);
    waits.note(waitFor('maxMoving', '', 3, 3), 5_000);
    waits.note(waitFor('writing'), 5_000);
    expect(waits.takeNews()).toBe(false);
    expect(waits.at(5_000 + WAITS_KEPT_MS)).toHaveLength(1);
    expect(waits.at(5_001 + WAITS_KEPT_MS)).toEqual([]);
    waits.note(waitFor('maxMoving', '', 4, 4), 20_000);
    expect(waits.takeNews()).toBe(true);
  });
});
