/** A container that cannot be called: known by cause and address until a call has succeeded, whatever it claims meanwhile. */
import {describe, expect, it} from 'vitest';
import type {Alarm} from '../../src/model/status.ts';
import {GovernorBed} from './governor-bed.ts';

const FIRST_PLAN_MS = 3_000;
const BOTH = ['c1', 'c2'];
const CAUSE = 'connection refused: nobody listens there';

function unreachable(bed: GovernorBed): Alarm | undefined {
  return bed.status?.alarms.find(({code}) => code === 'UNREACHABLE');
}

function alarmsOf(bed: GovernorBed, container: string): string[] {
  const alarms = bed.status?.alarms.filter(({object}) => object === container) ?? [];
  return alarms.map(({code}) => code).sort();
}

/** All calls to c1 fail; both find their records by themselves. */
function withDeaf(containers = BOTH): GovernorBed {
  const bed = new GovernorBed(['s1', 's2', 's3', 's4']);
  for (const container of containers) bed.join(container);
  bed.pass(FIRST_PLAN_MS, containers);
  bed.contacted('c1', CAUSE);
  for (const container of containers) bed.claim(bed.unclaimed(container));
  bed.pass(6_000, containers);
  return bed;
}

describe('a container that cannot be called', () => {
  it('is unreachable by address and cause, and stays so when it claims what it finds by itself', () => {
    const bed = withDeaf();
    const note = `cannot be called at c1:1: ${CAUSE}`;
    expect(bed.status?.containers['c1']).toMatchObject({state: 'unreachable', note});
    expect(unreachable(bed)).toMatchObject({object: 'c1'});
    expect(unreachable(bed)?.text).toBe(`container c1 renews its heartbeat but ${note}`);
    const {since} = unreachable(bed) ?? {};
    bed.pass(60_000, BOTH);
    expect(unreachable(bed)?.since).toBe(since);
    bed.addShard('s5');
    bed.pass(2_000, BOTH);
    expect(bed.places['s5']).toBe('assigned c2');
  });

  it('is no alarm any more once an operator has evicted it: nothing is left to be done', () => {
    const bed = withDeaf();
    const overdue = [{shard: 's1', hook: 'drop' as const}];
    bed.heard('c1', undefined, {overdue});
    bed.pass(2_000, ['c2']);
    expect(alarmsOf(bed, 'c1')).toEqual(['STUCK', 'UNREACHABLE']);
    bed.heard('c1', undefined, {overdue, state: 'evicting'});
    bed.pass(2_000, ['c2']);
    expect(alarmsOf(bed, 'c1')).toEqual([]);
  });

  it('is called until that succeeds: then it is ready again', () => {
    const bed = withDeaf();
    const before = bed.calls.length;
    bed.pass(20_000, BOTH);
    expect(bed.calls.length - before).toBeGreaterThanOrEqual(4);
    bed.contacted('c1', undefined);
    bed.pass(2_000, BOTH);
    expect(unreachable(bed)).toBeUndefined();
    expect(bed.status?.containers['c1']).toBeUndefined();
    const after = bed.calls.length;
    bed.pass(20_000, BOTH);
    expect(bed.calls).toHaveLength(after);
  });

  it('is nothing yet when one call has failed and the next one succeeds', () => {
    const bed = new GovernorBed(['s1']);
    bed.join('c1');
    bed.pass(FIRST_PLAN_MS, ['c1']);
    bed.claim(bed.unclaimed('c1'));
    bed.contacted('c1', CAUSE);
    bed.pass(2_000, ['c1']);
    expect(bed.calls.length).toBeGreaterThan(0);
    bed.contacted('c1', undefined);
    bed.pass(20_000, ['c1']);
    expect(unreachable(bed)).toBeUndefined();
  });

  it('is said to be unreachable also while it is drained', () => {
    const bed = withDeaf();
    bed.order('c1', 'drain');
    bed.pass(2_000, BOTH);
    expect(bed.status?.containers['c1']).toMatchObject({state: 'draining'});
    expect(unreachable(bed)?.text).toContain(CAUSE);
    expect(bed.status?.alarms.map(({code}) => code)).not.toContain('HOLDINGS_DIFFER');
  });

  it('gets what there is where no other can be called either, and its alarm stays', () => {
    const bed = withDeaf(['c1']);
    bed.addShard('s5');
    bed.pass(2_000, ['c1']);
    expect(bed.places['s5']).toBe('assigned c1');
    bed.claim(['s5']);
    bed.pass(2_000, ['c1']);
    expect(unreachable(bed)?.text).toContain(CAUSE);
  });

  it('gets nothing new while it is cordoned, though no other is there', () => {
    const bed = withDeaf(['c1']);
    bed.order('c1', 'cordon');
    bed.addShard('s5');
    bed.pass(2_000, ['c1']);
    expect(bed.places['s5']).toBeUndefined();
    bed.lift('c1');
    bed.pass(2_000, ['c1']);
    expect(bed.places['s5']).toBe('assigned c1');
  });
});
