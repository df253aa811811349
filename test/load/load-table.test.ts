/** Loads as a governor keeps them: what they come to, and what can do them no harm. */
import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {
  PLANNED_EVERY_MS,
  SAMPLE_LEAST_MS,
  SMOOTHING_MS,
  UNREPORTED_AFTER_MS,
} from '../../src/load/limits.ts';
import type {LoadFault} from '../../src/load/load-faults.ts';
import {LoadTable} from '../../src/load/load-table.ts';

const PULL_MS = 10_000;

/** A table of one metric that is sampled once in 10 s. */
function sampled(loads: readonly unknown[], table = new LoadTable(['qps'])) {
  const faults: LoadFault[] = [];
  let nowMs = 0;
  for (const qps of loads) {
    table.take('s', {qps}, nowMs, (fault) => void faults.push(fault));
    nowMs += PULL_MS;
  }
  return {table, faults, nowMs, load: table.of('s')[0] ?? Number.NaN};
}

const load = fc.integer({min: 0, max: 1_000_000});

/** Sums of floating point are off in the last bits. */
function isWithin(seen: number, loads: readonly number[]): boolean {
  return seen >= Math.min(...loads) - 1e-6 && seen <= Math.max(...loads) + 1e-6;
}

describe('the load of a shard', () => {
  it('is not known after one sample, which may lie, and is the lower one of two', () => {
    expect(sampled([5]).load).toBeNaN();
    expect(sampled([5_000, 5]).load).toBe(5);
    expect(sampled([5, 5_000]).load).toBe(5);
  });

  it('is a steady one exactly', () => {
    expect(sampled(Array.from({length: 50}, () => 7)).load).toBe(7);
  });

  it('never leaves the range of what was sampled', () => {
    fc.assert(
      fc.property(fc.array(load, {minLength: 2, maxLength: 40}), (loads) => {
        const seen = sampled(loads).load;
        expect(isWithin(seen, loads)).toBe(true);
      }),
    );
  });

  it('is the same to the last bit whether or not one interval of a steady load lies, by any factor', () => {
    // Of two samples the lower one is believed: a first one that is too low would be, for a while.
    const lie = fc.oneof(fc.double({min: 42, max: 1e15, noNaN: true}), fc.constant(1_000 * 42));
    fc.assert(
      fc.property(fc.integer({min: 0, max: 30}), lie, (at, lied) => {
        const loads = Array.from({length: 31}, () => 42);
        const honest = sampled(loads).load;
        loads[at] = lied;
        expect(sampled(loads).load).toBe(honest);
      }),
    );
  });

  it('stays within the range of the honest samples whatever one interval says, of a load that varies', () => {
    fc.assert(
      fc.property(
        fc.array(load, {minLength: 3, maxLength: 30}),
        fc.nat(),
        fc.double({min: 0, max: 1e15, noNaN: true}),
        (honest, seed, lied) => {
          const at = seed % (honest.length + 1);
          // Of the first two samples the lower one is believed.
          const lie = at < 2 ? 1e6 + lied : lied;
          const seen = sampled([...honest.slice(0, at), lie, ...honest.slice(at)]).load;
          expect(isWithin(seen, honest)).toBe(true);
        },
      ),
    );
  });

  it('follows a step: 63 % of it after the smoothing time and one sample, all of it at last', () => {
    const before = Array.from({length: 10}, () => 10);
    const after = (count: number): number[] => Array.from({length: count}, () => 110);
    const steps = SMOOTHING_MS / PULL_MS + 1;
    expect(sampled([...before, ...after(1)]).load).toBe(10);
    expect(sampled([...before, ...after(steps)]).load).toBeCloseTo(10 + 100 * (1 - 1 / Math.E), 6);
    expect(sampled([...before, ...after(40)]).load).toBeCloseTo(110, 3);
  });

  it('is a number of 0 or more whatever is said, and what is wrong is counted', () => {
    fc.assert(
      fc.property(fc.array(fc.anything(), {maxLength: 20}), (said) => {
        const seen = sampled(said).load;
        expect(Number.isNaN(seen) || seen >= 0).toBe(true);
        const bad = said.filter((one) => !(typeof one === 'number' && one >= 0 && one <= 1e12));
        const {faults} = sampled(said);
        expect(faults.filter((fault) => fault !== 'jump').length).toBe(bad.length);
      }),
    );
  });

  it('counts a jump once, and follows it when it stays', () => {
    const {faults, load: seen} = sampled([1, 1, 1, 1_000, 1_000, 1_000]);
    expect(faults).toEqual(['jump']);
    expect(seen).toBeGreaterThan(300);
  });

  it('does not take two samples of one moment for two', () => {
    const table = new LoadTable(['qps']);
    for (const atMs of [0, 10_000, 20_000]) table.take('s', {qps: 1}, atMs, () => undefined);
    for (let atMs = 30_000; atMs < 30_000 + SAMPLE_LEAST_MS; atMs += 500)
      table.take('s', {qps: 1_000}, atMs, () => undefined);
    expect(table.of('s')).toEqual([1]);
  });

  it('is kept when nobody reports it any more, though it does not count as measured: its shard may run where nobody can', () => {
    const {table, nowMs} = sampled([7, 7, 7]);
    table.renew(nowMs);
    expect(table.measured).toEqual([1]);
    const later = nowMs + 2 * UNREPORTED_AFTER_MS;
    table.renew(later);
    expect(table.planned('s', {qps: 1})).toEqual([7]);
    expect(table.measured).toEqual([0]);
    // It is reported again, and follows that as any other.
    for (let times = 0; times < 3; times += 1)
      table.take('s', {qps: 70}, later + PULL_MS * times, () => undefined);
    table.renew(later + 3 * PULL_MS);
    expect(table.of('s')[0]).toBeGreaterThan(30);
    expect(table.measured).toEqual([1]);
  });

  it('goes with its shard', () => {
    const other = sampled([2, 2, 2]).table;
    other.forget('s');
    other.take('t', {qps: 9}, 0, () => undefined);
    expect(other.of('s')).toEqual([Number.NaN]);
    expect(other.of('t')).toEqual([Number.NaN]);
    expect([...other.shards]).toHaveLength(1);
  });
});

describe('what the planner sees', () => {
  it('changes only when it is renewed', () => {
    const {table, nowMs} = sampled([4, 4, 4]);
    expect(table.planned('s', undefined)).toEqual([0]);
    table.renew(nowMs);
    sampled([900, 900, 900], table);
    for (let at = 0; at < 9; at += 1)
      table.take('s', {qps: 900}, nowMs + at * PULL_MS, () => undefined);
    expect(table.planned('s', undefined)).toEqual([4]);
    table.renew(nowMs + PLANNED_EVERY_MS);
    expect(table.planned('s', undefined)[0]).toBeGreaterThan(100);
  });

  it('is the measured load, else the declared one, else the mean of those that are known', () => {
    const table = new LoadTable(['qps', 'bytes']);
    for (const atMs of [0, 10_000])
      for (const [shard, qps] of [
        ['a', 2],
        ['b', 4],
      ] as const)
        table.take(shard, {qps}, atMs, () => undefined);
    table.renew(20_000);
    expect(table.planned('a', {qps: 50, bytes: 7})).toEqual([2, 7]);
    expect(table.planned('c', {qps: 50})).toEqual([50, 0]);
    expect(table.planned('c', undefined)).toEqual([3, 0]);
    expect(table.measured).toEqual([2, 0]);
  });

  it('takes for the mean of the others also what they declare', () => {
    const table = new LoadTable(['qps', 'bytes']);
    for (const atMs of [0, 10_000]) table.take('a', {qps: 2}, atMs, () => undefined);
    const declared = new Map([
      ['a', {qps: 1_000, bytes: 7}],
      ['b', {qps: 4, bytes: 9}],
      ['c', undefined],
    ]);
    table.renew(20_000, declared);
    expect(table.planned('c', undefined)).toEqual([3, 8]);
  });

  it('says of which shards nothing is known', () => {
    const table = new LoadTable(['qps', 'bytes']);
    for (const atMs of [0, 10_000]) table.take('a', {qps: 2}, atMs, () => undefined);
    table.renew(20_000);
    expect(table.known('a', {bytes: 0})).toEqual([2, 0]);
    expect(table.known('b', {qps: 5})).toEqual([5, undefined]);
    expect(table.known('c', undefined)).toEqual([undefined, undefined]);
  });

  it('begins with what was known before, until there are samples', () => {
    const table = new LoadTable(['qps', 'bytes']);
    table.inherit('s', [10, null], 0);
    table.inherit('t', ['x', -1], 0);
    table.renew(0);
    expect(table.planned('s', undefined)).toEqual([10, 0]);
    for (const atMs of [1_000, 11_000, 21_000]) table.take('s', {qps: 30}, atMs, () => undefined);
    table.inherit('s', [99, 5], 22_000);
    const [qps, bytes] = table.of('s');
    expect(qps).toBeGreaterThan(10);
    expect(qps).toBeLessThanOrEqual(30);
    expect(bytes).toBe(5);
  });

  it('knows no load of a metric that is named like something every object has', () => {
    const table = new LoadTable(['constructor']);
    expect(table.planned('s', {qps: 1})).toEqual([0]);
  });

  it('keeps thousands of shards apart', () => {
    const table = new LoadTable(['qps']);
    for (const atMs of [0, 10_000])
      for (let at = 0; at < 5_000; at += 1) table.take(`s${at}`, {qps: at}, atMs, () => undefined);
    for (let at = 0; at < 5_000; at += 2) table.forget(`s${at}`);
    for (const atMs of [20_000, 30_000])
      for (let at = 0; at < 2_500; at += 1)
        table.take(`t${at}`, {qps: 10_000 + at}, atMs, () => undefined);
    for (let at = 1; at < 5_000; at += 2) expect(table.of(`s${at}`)).toEqual([at]);
    for (let at = 0; at < 2_500; at += 1) expect(table.of(`t${at}`)).toEqual([10_000 + at]);
  });
});
