/** Taking an app apart: in which order, how often, and when it is over. */
import {describe, expect, it} from 'vitest';
import {GovernorBed} from './governor-bed.ts';

const RETRY_MS = 500;

/** What the removal does within the next so many ms. */
function after(bed: GovernorBed, ms: number): GovernorBed['removals'] {
  const before = bed.removals.length;
  bed.turn(ms);
  return bed.removals.slice(before);
}

/** An app that is being deleted, its one shard ready on its one container. */
function deletingBed(): GovernorBed {
  const bed = new GovernorBed(['s1']);
  bed.join('a');
  bed.turn(3_000);
  bed.settle();
  bed.claim(['s1']);
  bed.settle();
  bed.respec({deleting: true});
  return bed;
}

describe('an app that is being deleted', () => {
  it('loses its specs first, and is asked again in a while if they stay', () => {
    const bed = deletingBed();
    expect(after(bed, 0)).toEqual(['deleteSpecs']);
    expect(after(bed, RETRY_MS - 1)).toEqual([]);
    expect(bed.governor.wakeAtMs(bed.nowMs)).toBe(bed.nowMs + 1);
    expect(after(bed, 1)).toEqual(['deleteSpecs']);
  });

  it('is not finished while a container lives or a record stands', () => {
    const bed = deletingBed();
    bed.removeShard('s1');
    expect(after(bed, RETRY_MS)).toEqual([]);
    bed.end('a');
    // The container is gone, its record is not.
    expect(bed.own.has('s1')).toBe(true);
    expect(after(bed, RETRY_MS)).toEqual([]);
    expect(bed.own.has('s1')).toBe(false);
    expect(after(bed, RETRY_MS)).toEqual(['finishRemoval']);
  });

  it('is not finished while a container without shards lives', () => {
    const bed = deletingBed();
    bed.join('b');
    bed.removeShard('s1');
    bed.end('a');
    bed.turn();
    expect(bed.own.size).toBe(0);
    expect(after(bed, RETRY_MS)).toEqual([]);
    bed.end('b');
    expect(after(bed, RETRY_MS)).toEqual(['finishRemoval']);
  });
});

describe('what cannot be read in an app that is being deleted', () => {
  const PROBLEM = 'no JSON';

  function corrupt(bed: GovernorBed, what: 'shard' | 'own', id: string): number {
    const mod = bed.next();
    bed.governor.changed({kind: 'corrupt', mod, what, id, problem: PROBLEM}, bed.nowMs);
    return mod;
  }

  it.each([
    ['was never readable', 's2'],
    ['was readable before', 's1'],
  ])('is deleted as it stands, where it is a spec that %s', (_how, shard) => {
    const bed = deletingBed();
    const mod = corrupt(bed, 'shard', shard);
    const actions = bed.governor.advance(bed.nowMs, bed.nowMs);
    const [deletion] = actions.filter((action) => action.type === 'deleteSpecs');
    expect(deletion?.shards).toContainEqual({shard, mod});
    expect(deletion?.shards.filter((one) => one.shard === shard)).toHaveLength(1);
  });

  it('holds up the last step as a record no longer than there are containers', () => {
    const bed = deletingBed();
    corrupt(bed, 'own', 's1');
    bed.removeShard('s1');
    expect(after(bed, RETRY_MS)).toEqual([]);
    bed.end('a');
    expect(after(bed, RETRY_MS)).toEqual(['finishRemoval']);
  });
});

describe('a listing after changes were missed', () => {
  it('without the spec says that the app is gone', () => {
    const bed = new GovernorBed(['s1']);
    bed.governor.listings.take([], 10_000, bed.nowMs);
    expect(bed.governor.view.isGone).toBe(true);
  });

  it('with a spec that cannot be read leaves the app as it was known, until that is gone, too', () => {
    const bed = new GovernorBed(['s1']);
    const known = bed.governor.view.spec;
    const unreadable = {kind: 'corrupt', what: 'spec', id: 'app', problem: 'no JSON'} as const;
    bed.governor.listings.take([{...unreadable, mod: 9_000}], 10_000, bed.nowMs);
    expect(bed.governor.view.spec).toBe(known);
    bed.governor.listings.take([], 10_001, bed.nowMs);
    expect(bed.governor.view.isGone).toBe(true);
  });
});
