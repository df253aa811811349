/** Loads of an app as its governor keeps them: who is believed, when a plan is wanted, what is told to others. */
import {describe, expect, it} from 'vitest';
import type {SaidByContainer} from '../../src/governor/app-loads.ts';
import {LOAD_RETRY_MS, PLANNED_EVERY_MS, SUMMARY_EVERY_MS} from '../../src/load/limits.ts';
import type {LoadSummary} from '../../src/load/summary.ts';
import {joinedSummary} from '../../src/load/summary.ts';
import {GovernorBed} from './governor-bed.ts';

const BOTH = ['c1', 'c2'];
const SHARDS = ['s1', 's2', 's3', 's4'];
const FIRST_PLAN_MS = 3_000;
const PULL_MS = 10_000;

/** Two shards on each of two containers; by default the app balances by qps. */
function withTwo(metrics: readonly string[] = ['qps']): GovernorBed {
  const bed = new GovernorBed(SHARDS);
  bed.respec({placement: {metrics: metrics.map((name) => ({name}))}});
  for (const container of BOTH) bed.join(container);
  bed.pass(FIRST_PLAN_MS, BOTH);
  for (const container of BOTH) bed.claim(bed.unclaimed(container));
  bed.pass(1_000, BOTH);
  return bed;
}

function heldBy(bed: GovernorBed, container: string): string[] {
  return Object.entries(bed.places)
    .filter(([, place]) => place === `owned ${container}`)
    .map(([shard]) => shard);
}

/** The container answers with these loads of shards. */
function say(
  bed: GovernorBed,
  container: string,
  loads: Readonly<Record<string, object>>,
  more: Partial<SaidByContainer> = {},
): void {
  const shards = new Map(Object.entries(loads)) as SaidByContainer['shards'];
  const said = {shards, own: {}, faults: {}, ...more};
  if (bed.governor.loads.said(`${container}-inc`, said, bed.nowMs))
    bed.governor.reports.status.touch();
}

/** Each container says three times, 10 s apart, that all its shards have this load, but for the first of c1. */
function sayHot(bed: GovernorBed, hot: number, cold = 1): void {
  for (let times = 0; times < 3; times += 1) {
    for (const container of BOTH) {
      const held = heldBy(bed, container);
      const loads = held.map((shard, at) => [
        shard,
        {qps: container === 'c1' && at === 0 ? hot : cold},
      ]);
      say(bed, container, Object.fromEntries(loads) as Record<string, object>);
    }
    bed.pass(PULL_MS, BOTH);
  }
}

const living = () =>
  new Map(
    BOTH.map((container) => {
      const one = {container, incarnation: `${container}-inc`, endpoint: ''};
      return [container, {...one, state: 'ready' as const, mode: 'open' as const}];
    }),
  );

describe('worker groups', () => {
  /** c1 and c2 in one, c3 and c4 in another: c1 bears twice what c2 bears, and less than the mean of all. */
  function inGroups(): GovernorBed {
    const four = ['c1', 'c2', 'c3', 'c4'];
    const bed = new GovernorBed([]);
    bed.respec({placement: {metrics: [{name: 'qps'}]}});
    for (const [at, container] of four.entries()) {
      const workerGroup = at < 2 ? 'small' : 'large';
      const member = {kind: 'worker', mod: bed.next(), workerGroup, container} as const;
      bed.governor.changed({...member, present: true}, bed.nowMs);
      bed.join(container);
    }
    for (const [at, load] of [8, 4, 20, 20].entries())
      bed.addShard(`s${at + 1}`, {
        ...{workerGroup: at < 2 ? 'small' : 'large', manualContainerId: four[at] ?? ''},
        load: {qps: load},
      });
    bed.pass(FIRST_PLAN_MS, four);
    for (const container of four) bed.claim(bed.unclaimed(container));
    bed.pass(1_000, four);
    return bed;
  }

  it('have shares of their own: one that is uneven wants a plan, however much the others bear', () => {
    const bed = inGroups();
    const {governor} = bed;
    expect(Object.values(bed.places)).toEqual(['owned c1', 'owned c2', 'owned c3', 'owned c4']);
    const all = new Map(
      ['c1', 'c2', 'c3', 'c4'].map((container) => {
        const one = {container, incarnation: `${container}-inc`, endpoint: ''};
        return [container, {...one, state: 'ready' as const, mode: 'open' as const}];
      }),
    );
    const wanted = governor.loads.look(all, bed.nowMs + PLANNED_EVERY_MS);
    expect(governor.loads.namedBalance?.levels[0]).toBeCloseTo(8 / 6);
    expect(wanted).toBe(true);
  });
});

describe('what containers say', () => {
  it('is not asked for, nor taken, where the policy names no metric', () => {
    const bed = withTwo([]);
    const {loads} = bed.governor;
    expect(loads.areWanted).toBe(false);
    say(bed, 'c1', {s1: {qps: 5}});
    expect(loads.terms(0)).toBeUndefined();
    expect(loads.look(living(), bed.nowMs)).toBe(false);
    expect(loads.summaryDue(bed.nowMs + 10 * SUMMARY_EVERY_MS, 0)).toBeUndefined();
    expect(loads.wakeAtMs()).toBe(Number.POSITIVE_INFINITY);
  });

  it('counts only for shards that it holds; a container that goes on is shown', () => {
    const bed = withTwo();
    const [mine = ''] = heldBy(bed, 'c1');
    const [other = ''] = heldBy(bed, 'c2');
    const {loads} = bed.governor;
    const alarms: unknown[] = [];
    for (let times = 0; times < 3; times += 1) {
      say(bed, 'c1', {[mine]: {qps: 7}, [other]: {qps: 1e9}, nowhere: {qps: 1e9}});
      alarms.push(loads.alarms());
      bed.pass(PULL_MS, BOTH);
    }
    loads.look(living(), bed.nowMs + PLANNED_EVERY_MS);
    const terms = loads.terms(0);
    const of = (shard: string) => terms?.loadOf(shard, bed.governor.view.shards.get(shard)!.value);
    expect(of(mine)).toEqual([7]);
    expect(of(other)).toEqual([7]);
    const text =
      'container c1 reports loads that are not used: loads of shards that it does not own';
    expect(alarms).toEqual([[], [{code: 'LOAD_REJECTED', text}], [{code: 'LOAD_REJECTED', text}]]);
    expect(loads.takeFaults()).toEqual({foreign: 6});
    expect(loads.takeFaults()).toEqual({});
  });

  it('is shown where the container itself counts faults, and no more once it is well', () => {
    const bed = withTwo();
    const texts = [{}, {notNumber: 3}, {notNumber: 9}, {notNumber: 9}].map((faults) => {
      say(bed, 'c1', {}, {faults});
      return bed.governor.loads.alarms().map(({text}) => text);
    });
    const text = 'container c1 reports loads that are not used: loads that are not numbers';
    expect(texts).toEqual([[], [], [text], []]);
    expect(bed.governor.loads.takeFaults()).toEqual({notNumber: 9});
  });

  it.each(['its metrics', 'its container'])('is shown no longer than there are %s', (which) => {
    const bed = withTwo();
    const codes = (): string[] => {
      bed.pass(2_000, bed.governor.view.hasHeartbeat('c1-inc') ? BOTH : ['c2']);
      return bed.status?.alarms.map(({code}) => code) ?? [];
    };
    for (const notNumber of [3, 9, 12]) say(bed, 'c1', {}, {faults: {notNumber}});
    expect(codes()).toEqual(['LOAD_REJECTED']);
    if (which === 'its metrics') bed.respec({placement: {}});
    else bed.end('c1');
    expect(codes()).toEqual([]);
    if (which === 'its metrics') bed.respec({placement: {metrics: [{name: 'qps'}]}});
    expect(codes()).toEqual([]);
  });

  it('is kept for metrics that stay when the policy changes, and all is dropped with the last metric', () => {
    const bed = withTwo(['qps']);
    sayHot(bed, 100);
    const [hot = ''] = heldBy(bed, 'c1');
    bed.respec({placement: {metrics: [{name: 'bytes'}, {name: 'qps'}]}});
    const {loads} = bed.governor;
    loads.look(living(), bed.nowMs);
    sayHot(bed, 100);
    loads.look(living(), bed.nowMs + PLANNED_EVERY_MS);
    const spec = bed.governor.view.shards.get(hot)!.value;
    expect(loads.terms(0)?.loadOf(hot, spec)).toEqual([0, 100]);
    bed.respec({placement: {}});
    expect(loads.areWanted).toBe(false);
  });

  it('is known at once for metrics that stay, without a report since the policy changed', () => {
    const bed = withTwo(['qps']);
    sayHot(bed, 100);
    const [hot = ''] = heldBy(bed, 'c1');
    const spec = bed.governor.view.shards.get(hot)!.value;
    const {loads} = bed.governor;
    loads.look(living(), bed.nowMs + PLANNED_EVERY_MS);
    const measured = loads.terms(0)?.loadOf(hot, spec);
    const {unmeasured} = loads;
    expect([measured, unmeasured]).toEqual([[100], [0]]);
    bed.respec({placement: {metrics: [{name: 'bytes'}, {name: 'qps'}]}});
    loads.look(living(), bed.nowMs + PLANNED_EVERY_MS);
    expect(loads.terms(0)?.loadOf(hot, spec)).toEqual([0, 100]);
    expect(loads.balance?.levels[1]).toBeCloseTo(101 / 51.5, 6);
    expect(loads.unmeasured).toEqual([SHARDS.length, 0]);
  });
});

describe('a plan for load', () => {
  it('is wanted above the band, not within it', () => {
    const even = withTwo();
    sayHot(even, 1.05);
    expect(even.governor.loads.look(living(), even.nowMs + PLANNED_EVERY_MS)).toBe(false);
    expect(even.governor.loads.balance?.levels[0]).toBeCloseTo(2.05 / 2.025, 6);
    const hot = withTwo();
    sayHot(hot, 100);
    const {loads} = hot.governor;
    expect(loads.balance?.levels[0]).toBeCloseTo(101 / 51.5, 6);
    expect(loads.balance?.containers.map((one) => one.loads)).toEqual([[101], [2]]);
  });

  it('is made at most once in 20 s, however many samples come', () => {
    const bed = withTwo();
    sayHot(bed, 100);
    const {loads} = bed.governor;
    loads.planned([{cause: 'balance'}], bed.nowMs);
    let looks = 0;
    const fromMs = bed.nowMs + PLANNED_EVERY_MS;
    for (let ms = 0; ms < 60_000; ms += 500) {
      say(bed, 'c1', {s1: {qps: 50 + ms}});
      if (loads.look(living(), fromMs + ms)) looks += 1;
    }
    expect(looks).toBe(3);
  });

  it('that found nothing to do is not made again for a while, unless it has become worse', () => {
    const bed = withTwo();
    sayHot(bed, 100);
    const {loads} = bed.governor;
    loads.planned([{cause: 'balance'}], bed.nowMs);
    let nowMs = bed.nowMs + PLANNED_EVERY_MS;
    const look = (): boolean => loads.look(living(), (nowMs += PLANNED_EVERY_MS));
    expect(look()).toBe(true);
    loads.planned([], nowMs);
    expect([look(), look()]).toEqual([false, false]);
    nowMs += LOAD_RETRY_MS;
    expect(look()).toBe(true);
    loads.planned([{cause: 'balance'}], nowMs);
    expect(look()).toBe(true);
  });

  it('sees no other loads between two looks, whatever is said', () => {
    const bed = withTwo();
    sayHot(bed, 100);
    const [hot = ''] = heldBy(bed, 'c1');
    const {loads} = bed.governor;
    const nowMs = bed.nowMs + PLANNED_EVERY_MS;
    loads.look(living(), nowMs);
    const spec = bed.governor.view.shards.get(hot)!.value;
    const before = loads.terms(0)?.loadOf(hot, spec);
    for (let times = 0; times < 5; times += 1) {
      bed.nowMs += PULL_MS;
      say(bed, 'c1', {[hot]: {qps: 9_999}});
    }
    expect(loads.terms(0)?.loadOf(hot, spec)).toEqual(before);
  });

  it('leaves shards alone that have moved within the cooldown, by what their records say', () => {
    const bed = withTwo();
    const terms = bed.governor.loads.terms(Date.parse('2026-01-01T00:05:00Z'));
    const moved = (startedAt: string, from = 'c1') => {
      const record = bed.own.get('s1')!.value;
      return {...record, move: {id: 'm', from, to: 'c2', why: '', startedAt}};
    };
    expect(terms?.isCooling(moved('2026-01-01T00:04:00.000Z'))).toBe(true);
    expect(terms?.isCooling(moved('2025-12-31T23:59:59.000Z'))).toBe(false);
    expect(terms?.isCooling(moved('2026-01-01T00:04:00.000Z', ''))).toBe(false);
    expect(terms?.isCooling(undefined)).toBe(false);
  });

  it('leaves a moved shard alone though its add has failed since, or it was recalled', () => {
    const bed = withTwo();
    const isCooling = (shard: string): boolean | undefined =>
      bed.governor.loads.terms(bed.nowMs)?.isCooling(bed.own.get(shard)?.value);
    const [shard = ''] = heldBy(bed, 'c1');
    expect(isCooling(shard)).toBe(false);
    bed.addShard(shard, {manualContainerId: 'c2'});
    bed.settle();
    bed.free([shard]);
    bed.settle();
    bed.claim([shard], false);
    bed.free([shard], 'disk full');
    bed.pass(2_000, ['c1', 'c2']);
    expect(bed.own.get(shard)?.value.move?.from).toBe('');
    bed.claim([shard]);
    expect(isCooling(shard)).toBe(true);

    // It is recalled from c2, and comes back there as a shard that ran nowhere.
    const [other = ''] = heldBy(bed, 'c1');
    bed.addShard(other, {manualContainerId: 'c2'});
    bed.settle();
    bed.free([other]);
    bed.settle();
    bed.order('c2', 'drain');
    bed.settle();
    expect(bed.own.get(other)?.value.move).toBe(null);
    bed.lift('c2');
    bed.settle();
    bed.claim([other]);
    expect(bed.own.get(other)?.value.move?.from).toBe('');
    expect(isCooling(other)).toBe(true);
  });
});

describe('the summary', () => {
  /** The first that is due within so long. */
  function due(bed: GovernorBed, withinMs: number): readonly LoadSummary[] | undefined {
    const {loads} = bed.governor;
    for (let ms = 0; ms < withinMs; ms += 1_000) {
      const parts = loads.summaryDue(bed.nowMs + ms, 1_700_000_000_000 + ms);
      if (parts !== undefined) return parts;
    }
    return undefined;
  }

  it('lets the next governor see the loads at once', () => {
    const bed = withTwo();
    const [hot = ''] = heldBy(bed, 'c1');
    for (let times = 0; times < 3; times += 1) {
      say(bed, 'c1', {[hot]: {qps: 12.3456}}, {own: {cpu: 0.5, memoryBytes: 1e9, bad: 'x'}});
      bed.nowMs += PULL_MS;
    }
    const parts = due(bed, SUMMARY_EVERY_MS) ?? [];
    const read = joinedSummary(parts);
    expect([...read.shards]).toEqual([[hot, [12.3]]]);
    expect([...read.containers]).toEqual([['c1', {cpu: 0.5, memoryBytes: 1e9}]]);
    const next = withTwo();
    next.governor.loads.inherit(read, next.nowMs);
    const spec = next.governor.view.shards.get(hot)!.value;
    expect(next.governor.loads.terms(0)?.loadOf(hot, spec)).toEqual([12.3]);
  });

  it('is written at most once a minute, and not while it says the same', () => {
    const bed = withTwo();
    sayHot(bed, 100);
    bed.nowMs += SUMMARY_EVERY_MS;
    const before = bed.nowMs;
    expect(due(bed, 3 * SUMMARY_EVERY_MS)).toBeUndefined();
    bed.nowMs = before + 4 * SUMMARY_EVERY_MS;
    sayHot(bed, 900);
    bed.pass(SUMMARY_EVERY_MS, BOTH);
    expect(bed.summaries).toBe(2);
  });

  it('is written with each plan for load, too: readers see the loads that it is made of', () => {
    const bed = withTwo();
    sayHot(bed, 1);
    expect(bed.summaries).toBe(1);
    // Less than a minute after the first.
    sayHot(bed, 900);
    expect(bed.summaries).toBe(2);
  });

  it('is removed with the last metric, once; and not by a governor that goes with its app', () => {
    const bed = withTwo();
    sayHot(bed, 100);
    expect(bed.summaries).toBe(1);
    bed.respec({placement: {}});
    expect(bed.governor.loads.summaryDue(bed.nowMs, 0)).toEqual([]);
    expect(bed.governor.loads.summaryDue(bed.nowMs, 0)).toBeUndefined();
    expect(bed.governor.loads.wakeAtMs()).toBe(Number.POSITIVE_INFINITY);
    const going = withTwo();
    sayHot(going, 100);
    going.respec({deleting: true});
    expect(going.governor.loads.wakeAtMs()).toBe(Number.POSITIVE_INFINITY);
  });
});
