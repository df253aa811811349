/** Loads of shards that nobody has reported, by what their specs declare. */
import {describe, expect, it} from 'vitest';
import {PLANNED_EVERY_MS} from '../../src/load/limits.ts';
import type {ShardSpec} from '../../src/model/specs.ts';
import {GovernorBed} from './governor-bed.ts';

describe('a load that nobody has reported', () => {
  it('is what the shard declares, else the mean of what the others do, from the first look on', () => {
    const bed = new GovernorBed([]);
    bed.respec({placement: {metrics: [{name: 'qps'}]}});
    bed.addShard('a', {load: {qps: 8}});
    bed.addShard('b', {load: {qps: 4}});
    bed.addShard('c');
    const {loads} = bed.governor;
    loads.look(new Map(), bed.nowMs);
    const {shards} = bed.governor.view;
    const seen = [...shards].map(([id, {value}]) => loads.terms(0)?.loadOf(id, value));
    expect(seen).toEqual([[8], [4], [6]]);
  });

  it('follows what is declared after that: of shards that come, change or go', () => {
    const bed = new GovernorBed([]);
    bed.respec({placement: {metrics: [{name: 'qps'}]}});
    bed.addShard('c');
    const silent = bed.governor.view.shards.get('c')?.value as ShardSpec;
    const {loads} = bed.governor;
    let nowMs = bed.nowMs;
    const mean = (): number | undefined => {
      nowMs += PLANNED_EVERY_MS;
      loads.look(new Map(), nowMs);
      return loads.terms(0)?.loadOf('c', silent)[0];
    };
    expect(mean()).toBe(0);
    bed.addShard('a', {load: {qps: 8}});
    bed.addShard('b', {load: {qps: 4}});
    expect(mean()).toBe(6);
    bed.addShard('b', {load: {qps: 6}});
    expect(mean()).toBe(7);
    bed.removeShard('a');
    expect(mean()).toBe(6);
  });
});
