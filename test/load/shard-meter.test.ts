/** What an application reports of a shard, and what comes of it. */
import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {METRICS_PER_SHARD, RATE_WINDOW_MS} from '../../src/load/limits.ts';
import {nameProblem} from '../../src/model/ids.ts';
import type {LoadFault} from '../../src/load/load-faults.ts';
import {ShardMeter} from '../../src/load/shard-meter.ts';
import type {Loads} from '../../src/load/shard-meter.ts';
import {LOAD_LIMIT} from '../../src/model/limits.ts';

function metered() {
  const faults: LoadFault[] = [];
  const clock = {nowMs: 0};
  const options = {
    nowMs: () => clock.nowMs,
    onFault: (fault: LoadFault) => void faults.push(fault),
  };
  return {meter: new ShardMeter(options), faults, clock};
}

describe('gauges', () => {
  it('stand until they are reported anew, each for itself', () => {
    const {meter} = metered();
    meter.report({qps: 12, bytes: 4096});
    meter.report({qps: 3});
    expect(meter.sample()).toEqual({qps: 3, bytes: 4096});
  });

  it('never become anything but numbers from 0 to the largest load, whatever is reported', () => {
    fc.assert(
      fc.property(fc.array(fc.dictionary(fc.string(), fc.anything())), (reports) => {
        const {meter} = metered();
        for (const one of reports) {
          meter.report(one as Loads);
          meter.count(one as Loads);
        }
        const loads = Object.entries(meter.sample());
        expect(loads.length).toBeLessThanOrEqual(METRICS_PER_SHARD);
        for (const [name, value] of loads) {
          expect(nameProblem('metric', name)).toBeUndefined();
          expect(value >= 0 && value <= LOAD_LIMIT).toBe(true);
        }
      }),
    );
  });

  it('keep the last good value when a bad one comes, and the fault is named', () => {
    const {meter, faults} = metered();
    meter.report({qps: 5});
    for (const bad of [Number.NaN, -1, Number.POSITIVE_INFINITY, '7' as never])
      meter.report({qps: bad});
    expect(meter.sample()).toEqual({qps: 5});
    expect(faults).toEqual(['notNumber', 'negative', 'notNumber', 'notNumber']);
  });

  it.each(['report', 'count'] as const)(
    'cannot throw out of %s into the application: what cannot be read is no number',
    (method) => {
      const {meter, faults} = metered();
      const throws = (): never => {
        throw new Error('gone');
      };
      const half = {
        get gone() {
          return throws();
        },
        qps: 7,
      };
      meter[method](half);
      const {proxy, revoke} = Proxy.revocable<Record<string, number>>({}, {});
      revoke();
      meter[method](proxy);
      expect(faults).toEqual(['notNumber', 'notNumber']);
      if (method === 'report') expect(meter.sample()).toEqual({qps: 7});
    },
  );

  it('are capped where they are huge', () => {
    const {meter, faults} = metered();
    meter.report({qps: 1e300});
    expect(meter.sample()).toEqual({qps: LOAD_LIMIT});
    expect(faults).toEqual(['huge']);
  });

  it('are refused by name, by number, and where a counter has the name', () => {
    const {meter, faults} = metered();
    meter.report({'': 1, 'a b': 1, __proto__: 1, ['x'.repeat(129)]: 1});
    expect(new Set(faults)).toEqual(new Set(['name']));
    faults.length = 0;
    for (let at = 0; at <= METRICS_PER_SHARD; at += 1) meter.report({[`m${at}`]: 1});
    expect(faults).toEqual(['many']);
    faults.length = 0;
    meter.count({m0: 1});
    expect(faults).toEqual(['kind']);
  });
});

describe('counters', () => {
  it('are a rate a second, of the time since the last window', () => {
    const {meter, clock} = metered();
    meter.count({requests: 1});
    expect(meter.sample()).toEqual({});
    clock.nowMs = 10_000;
    meter.count({requests: 99});
    expect(meter.sample()).toEqual({requests: 10});
    clock.nowMs = 20_000;
    expect(meter.sample()).toEqual({requests: 0});
  });

  it('give the same rate to each of several who ask, whatever their rhythm', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({min: 100, max: 4_000}), {minLength: 20, maxLength: 60}),
        fc.integer({min: 1, max: 1_000}),
        (pauses, perSecond) => {
          const {meter, clock} = metered();
          meter.count({requests: 0});
          for (const pause of pauses) {
            clock.nowMs += pause;
            meter.count({requests: (perSecond * pause) / 1_000});
            const {requests} = meter.sample();
            if (requests !== undefined) expect(requests).toBeCloseTo(perSecond, 6);
          }
          expect(clock.nowMs < RATE_WINDOW_MS || meter.sample()['requests'] !== undefined).toBe(
            true,
          );
        },
      ),
    );
  });
});
