/** The loads of an app in few bytes: what fits, what is left out, what is read of it. */
import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {PARTS_LIMIT, PART_LIMIT_BYTES} from '../../src/load/limits.ts';
import {LoadTable} from '../../src/load/load-table.ts';
import {joinedSummary, loadSummary} from '../../src/load/summary.ts';
import type {LoadSummary} from '../../src/load/summary.ts';
import {decodeLoadSummary, encodeRecord} from '../../src/protocol/records.ts';

const AT = '2026-01-01T00:00:00.000Z';

function tableOf(loads: ReadonlyMap<string, number>, metrics = ['qps']): LoadTable {
  const table = new LoadTable(metrics);
  for (const [shard, qps] of loads) table.inherit(shard, [qps], 0);
  return table;
}

/** As the next governor reads it. */
function stored(parts: readonly LoadSummary[]): LoadSummary[] {
  return parts.map((part) => {
    const decoded = decodeLoadSummary(encodeRecord(part));
    if (!decoded.ok) throw new Error(decoded.problem);
    return decoded.value;
  });
}

describe('the summary of loads', () => {
  it('gives back what was put in, to three digits', () => {
    const shard = fc.string({unit: 'binary', minLength: 1, maxLength: 30});
    const load = fc.double({min: 0, max: 1e12, noNaN: true});
    fc.assert(
      fc.property(fc.dictionary(shard, load), (loads) => {
        const all = new Map(Object.entries(loads));
        const parts = loadSummary({table: tableOf(all), containers: [], at: AT});
        const read = joinedSummary(stored(parts));
        expect(read.shards.size).toBe(all.size);
        for (const [id, qps] of all)
          expect(read.shards.get(id)).toEqual([Number(qps.toPrecision(3))]);
      }),
    );
  });

  it('of 100,000 shards stays in its parts; what is left out are the smallest, and they are counted', () => {
    const loads = new Map(Array.from({length: 100_000}, (_, at) => [`shard-${at}`, at] as const));
    const containers = Array.from({length: 100}, (_, at) => [`c${at}`, {cpu: 0.5}] as const);
    const parts = loadSummary({table: tableOf(loads), containers, at: AT});
    expect(parts.length).toBe(PARTS_LIMIT);
    for (const part of parts)
      expect(Buffer.byteLength(encodeRecord(part))).toBeLessThan(PART_LIMIT_BYTES);
    const read = joinedSummary(stored(parts));
    expect(read.containers.size).toBe(100);
    expect(read.shards.size + read.omitted).toBe(100_000);
    expect(read.omitted).toBeGreaterThan(0);
    expect(Math.min(...[...read.shards.keys()].map((id) => Number(id.slice(6))))).toBe(
      read.omitted,
    );
  });

  it('does not mix parts of two summaries', () => {
    const old = loadSummary({table: tableOf(new Map([['a', 1]])), containers: [], at: '2025'});
    const now = loadSummary({table: tableOf(new Map([['b', 2]])), containers: [], at: '2026'});
    expect([...joinedSummary([...old, ...now]).shards.keys()]).toEqual(['b']);
    expect(joinedSummary([])).toEqual({
      ...{at: '', metrics: [], omitted: 0},
      shards: new Map(),
      containers: new Map(),
    });
  });

  it('is read whatever stands there: what cannot be read is left out', () => {
    fc.assert(
      fc.property(fc.anything(), fc.anything(), (shards, containers) => {
        const text = JSON.stringify({v: 1, at: AT, metrics: ['qps'], shards, containers});
        const decoded = decodeLoadSummary(text);
        if (!decoded.ok) return;
        const read = joinedSummary([decoded.value]);
        for (const loads of read.shards.values())
          for (const load of loads) expect(load === null || load >= 0).toBe(true);
      }),
    );
  });
});
