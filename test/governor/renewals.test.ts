import {ShardRows} from '../../src/appstate/shard-rows.ts';
import {describe, expect, it} from 'vitest';
import {heartbeatIntervalMs} from '../../src/model/container.ts';
import {PlanCache} from '../../src/governor/plan-cache.ts';
import {AppLoads} from '../../src/governor/app-loads.ts';
import {StatusReporter} from '../../src/governor/status-reporter.ts';
import {AppView} from '../../src/appstate/app-view.ts';
import type {Heartbeat} from '../../src/model/container.ts';
import {FailureDetector} from '../../src/ownership/failure-detector.ts';
import {GovernorBed, TTL_MS} from './governor-bed.ts';

const CONTAINERS = ['a', 'b', 'c'];
const BEAT_MS = heartbeatIntervalMs(TTL_MS);

function bedAtRest(): GovernorBed {
  const bed = new GovernorBed(['s1', 's2', 's3']);
  for (const container of CONTAINERS) bed.join(container);
  for (let rounds = 0; rounds < 3; rounds += 1) {
    bed.pass(1_500, CONTAINERS);
    for (const container of CONTAINERS) bed.claim(bed.unclaimed(container));
  }
  bed.pass(3_000, CONTAINERS);
  return bed;
}

describe('a heartbeat that only says that its sender lives', () => {
  it('is nothing to look at, and asks for no summary', () => {
    const bed = bedAtRest();
    const wakeAtMs = bed.governor.wakeAtMs(bed.nowMs);
    for (const container of CONTAINERS) expect(bed.heard(container).isNews).toBe(false);
    expect(bed.governor.wakeAtMs(bed.nowMs)).toBeGreaterThanOrEqual(wakeAtMs);
    expect(bed.governor.wakeAtMs(bed.nowMs)).toBeGreaterThan(bed.nowMs + 1_000);
  });

  it('counts all the same: its sender is not evicted', () => {
    const bed = bedAtRest();
    for (let beats = 0; beats < 20; beats += 1) {
      bed.nowMs += BEAT_MS;
      bed.governor.probeCommitted(bed.nowMs);
      for (const container of CONTAINERS) bed.beat(container);
    }
    bed.pass(1_500);
    expect(bed.status?.containers).toEqual({});
    expect(bed.evictions).toEqual([]);
  });

  it('is looked at when its sender had been missed', () => {
    const bed = bedAtRest();
    bed.pass(3 * BEAT_MS, ['b', 'c']);
    expect(bed.status?.containers['a']?.state).toBe('suspect');
    expect(bed.heard('a').isNews).toBe(true);
    bed.pass(2_000, CONTAINERS);
    expect(bed.status?.containers).toEqual({});
  });
});

describe('a heartbeat that says more is looked at:', () => {
  it.each<[string, Partial<Heartbeat>]>([
    ['another state', {state: 'leaving'}],
    ['another endpoint', {endpoint: 'elsewhere:1'}],
    ['another T', {ttlMs: 2 * TTL_MS}],
    ['a hook that is overdue', {overdue: [{shard: 's1', hook: 'add'}]}],
  ])('%s', (_what, over) => {
    const bed = bedAtRest();
    expect(bed.heard('a', 'a-inc', over).isNews).toBe(true);
    expect(bed.heard('a', 'a-inc', over).isNews).toBe(false);
    expect(bed.heard('a').isNews).toBe(true);
  });

  it('one that can be read again', () => {
    const bed = bedAtRest();
    bed.corrupt('heartbeat', 'a-inc', 'no JSON');
    bed.pass(2_000, ['b', 'c']);
    expect(bed.status?.alarms.map(({code}) => code)).toContain('QUARANTINE');
    expect(bed.heard('a').isNews).toBe(true);
    bed.pass(2_000, CONTAINERS);
    expect(bed.status?.alarms.map(({code}) => code)).not.toContain('QUARANTINE');
  });
});

it('whether there is work under way is news for the summary by itself', () => {
  const reporter = new StatusReporter();
  const view = new AppView();
  const written = (nowMs: number, settled: boolean): boolean | undefined =>
    reporter.due(nowMs, settled, () => ({
      ...{
        app: 'app',
        governor: 'd',
        unserved: undefined,
        deaf: new Map(),
        wallMs: 0,
        ...{view, loads: new AppLoads(view)},
        living: new Map(),
        evictor: {isBreakerOpen: false},
        holdings: {failures: new Map()},
      },
      ...{plan: new PlanCache(new ShardRows(), 0), settled, failureDetector: new FailureDetector()},
    }))?.settled;
  expect(written(0, false)).toBe(false);
  expect(reporter.wakeAtMs()).toBe(Number.POSITIVE_INFINITY);
  expect(written(2_000, true)).toBe(true);
  expect(written(4_000, true)).toBeUndefined();
});
