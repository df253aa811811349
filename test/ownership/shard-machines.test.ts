import {describe, expect, it} from 'vitest';
import {ShardMachines} from '../../src/ownership/shard-machines.ts';
import type {ShardReading} from '../../src/ownership/shard-actions.ts';
import {ASKED_LIMIT} from '../../src/ownership/limits.ts';
import {SHARD_CONTEXT} from './session-bed.ts';

function asks(set: ShardMachines, from: number, count: number): number {
  let taken = 0;
  for (let at = from; at < from + count; at += 1) {
    const machine = set.hinted(`s${at}`);
    machine?.hint(10);
    if (machine !== undefined) taken += 1;
  }
  return taken;
}

describe('hints for shards that nothing is known of', () => {
  it('are taken up to a limit while the store does not answer, and again when it has', () => {
    const set = new ShardMachines();
    expect(asks(set, 0, 3 * ASKED_LIMIT)).toBe(ASKED_LIMIT);
    expect(set.machines.size).toBe(ASKED_LIMIT);
    const reads = set.advance(() => SHARD_CONTEXT, 0);
    expect(reads).toHaveLength(ASKED_LIMIT);
    // Asked for before: it may be asked for again.
    expect(asks(set, 0, 1)).toBe(1);
    const nothing: ShardReading = {revision: 20, own: undefined, spec: undefined};
    for (const read of reads)
      if (read.type === 'read')
        set.touch(read.shard)?.readAnswered(read.op, nothing, SHARD_CONTEXT, 1);
    set.advance(() => SHARD_CONTEXT, 1);
    expect(set.machines.size).toBeLessThanOrEqual(1);
    expect(asks(set, ASKED_LIMIT, 10)).toBe(10);
  });

  it('take no room from shards that are held', () => {
    const set = new ShardMachines();
    asks(set, 0, ASKED_LIMIT);
    const held = set.of('mine');
    expect(set.hinted('mine')).toBe(held);
    expect(set.hinted('other')).toBeUndefined();
  });
});
