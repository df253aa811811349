import {describe, expect, it} from 'vitest';
import {OwnershipMeter} from '../../src/dev/ownership-meter.ts';

const S = 1_000_000;

function pass(container: string, token: string, atSeconds: number) {
  return {shard: 's', container, token, atUs: atSeconds * S};
}

describe('the ownership meter', () => {
  it('measures a handover from the last effect of the old owner to the first of the new', () => {
    const meter = new OwnershipMeter();
    expect(meter.pass(pass('a', '1', 10))).toBeUndefined();
    expect(meter.pass(pass('b', '2', 10.25))).toEqual({shard: 's', cause: 'other', gapMs: 250});
    expect(meter.handovers).toEqual({other: {count: 1, medianMs: 250, p99Ms: 250, maxMs: 250}});
  });

  it('names the fault of the old owner, when it began shortly before its last effect or after', () => {
    const meter = new OwnershipMeter();
    meter.fault('a', 'kill', 10.1 * S);
    meter.pass(pass('a', '1', 10));
    expect(meter.pass(pass('b', '2', 15))?.cause).toBe('kill');
    // Of another container, or long ago.
    meter.fault('c', 'pause', 16 * S);
    expect(meter.pass(pass('a', '3', 16.5))?.cause).toBe('other');
    meter.pass(pass('a', '3', 30));
    expect(meter.pass(pass('b', '4', 30.5))?.cause).toBe('other');
  });

  it('takes effects of one token for one owner, and counts its longest pause', () => {
    const meter = new OwnershipMeter();
    meter.pass(pass('a', '1', 1));
    expect(meter.pass(pass('a', '1', 3))).toBeUndefined();
    expect(meter.stallMs).toBe(2_000);
    expect(meter.handovers).toEqual({});
  });

  it('makes nothing of a report that comes late', () => {
    const meter = new OwnershipMeter();
    meter.pass(pass('a', '1', 1));
    meter.pass(pass('b', '2', 3));
    expect(meter.pass(pass('a', '1', 2))).toBeUndefined();
    expect(meter.handovers.other?.count).toBe(1);
  });

  it('counts shards without an effect for a second, those that never had one, too', () => {
    const meter = new OwnershipMeter();
    meter.pass(pass('a', '1', 1));
    expect(meter.standing(3, 1.5 * S)).toBe(2);
    expect(meter.standing(3, 2.1 * S)).toBe(3);
  });
});
