import {describe, expect, it} from 'vitest';
import {unclaimedLimit} from '../../src/governor/admission-queue.ts';
import {GovernorBed} from './governor-bed.ts';
import {UNCLAIMED_PER_CONTAINER} from '../../src/governor/limits.ts';

const SHARDS = Array.from({length: 5 * UNCLAIMED_PER_CONTAINER}, (_, index) => `s${index}`);
/** Beyond the wait for first joins. */
const FIRST_PLAN_MS = 3_000;

/** Lets both containers claim all there is until nothing is left to claim. */
function claimAll(bed: GovernorBed, containers: readonly string[]): void {
  for (let rounds = 0; rounds < 100; rounds += 1) {
    bed.settle();
    const open = containers.flatMap((container) => bed.unclaimed(container));
    if (open.length === 0) return;
    bed.claim(open);
  }
}

describe('admissions', () => {
  it('never has more records wait for one claim than the limit, and places all', () => {
    const bed = new GovernorBed(SHARDS);
    bed.join('c1');
    bed.turn(FIRST_PLAN_MS);
    bed.settle();
    expect(bed.unclaimed('c1').length).toBe(UNCLAIMED_PER_CONTAINER);
    bed.claim(bed.unclaimed('c1').slice(0, 10));
    bed.settle();
    expect(bed.unclaimed('c1').length).toBe(UNCLAIMED_PER_CONTAINER);
    claimAll(bed, ['c1']);
    expect([...bed.own.values()].filter(({value}) => value.ready).length).toBe(SHARDS.length);
  });

  it('waits for few claims of each where containers are many: not for seconds', () => {
    expect([1, 30, 60, 100, 1_000].map(unclaimedLimit)).toEqual([200, 200, 100, 60, 10]);
    const containers = Array.from({length: 60}, (_, index) => `c${index}`);
    const shards = Array.from({length: 60 * 150}, (_, index) => `s${index}`);
    const bed = new GovernorBed(shards);
    for (const container of containers) bed.join(container);
    bed.turn(FIRST_PLAN_MS);
    bed.settle();
    for (const container of containers) expect(bed.unclaimed(container)).toHaveLength(100);
    claimAll(bed, containers);
    expect([...bed.own.values()].filter(({value}) => value.ready)).toHaveLength(shards.length);
  });

  it('places what is left when most of a queue has gone to another container', () => {
    const bed = new GovernorBed(SHARDS);
    bed.join('c1');
    bed.turn(FIRST_PLAN_MS);
    bed.settle();
    // The queue of c1 holds the rest; a second container takes half of it away.
    bed.join('c2');
    bed.turn(100);
    claimAll(bed, ['c1', 'c2']);
    const ready = [...bed.own.values()].filter(({value}) => value.ready);
    expect(ready.length).toBe(SHARDS.length);
    expect(new Set(ready.map(({value}) => value.container)).size).toBe(2);
  });
});

describe('a refused write', () => {
  it('is tried again after a pause and not at once', () => {
    const bed = new GovernorBed(['s1']);
    bed.join('c1');
    bed.turn(FIRST_PLAN_MS, () => 'refused');
    expect(bed.writes.length).toBe(1);
    for (let turns = 0; turns < 10; turns += 1) bed.turn(10, () => 'refused');
    expect(bed.writes.length).toBe(1);
    bed.turn(200);
    expect(bed.writes.length).toBe(2);
    expect(bed.unclaimed('c1')).toEqual(['s1']);
  });
});

describe('hints', () => {
  it('go out for what is assigned, not for what the container has just claimed', () => {
    const bed = new GovernorBed(['s1']);
    bed.join('c1');
    bed.turn(FIRST_PLAN_MS);
    bed.turn();
    expect(bed.hints).toBe(1);
    bed.turn(600);
    expect(bed.hints).toBe(2);
    bed.claim(['s1']);
    bed.turn(600);
    expect(bed.hints).toBe(2);
  });
});
