/** A drain that cannot end says how many shards stay, and why, as long as it is so. */
import {expect, it} from 'vitest';
import {GovernorBed} from './governor-bed.ts';

const shards = ['s1', 's2', 's3', 's4'];

/** Two shards on each of `a` and `b`, which hold two at most. */
function full(): GovernorBed {
  const bed = new GovernorBed(shards, {maxShardCount: 2});
  bed.join('a');
  bed.join('b');
  bed.pass(3_000, ['a', 'b']);
  for (const container of ['a', 'b']) bed.claim(bed.unclaimed(container));
  bed.pass(2_000, ['a', 'b']);
  return bed;
}

it('while the others are full: the summary says it of the container that is drained, until there is room', () => {
  const bed = full();
  bed.order('a', 'drain');
  bed.pass(2_000, ['a', 'b']);
  expect(bed.status?.containers['a']).toMatchObject({
    state: 'draining',
    stranded:
      '2 shards have nowhere to go, such as s1: every container that it may use holds as many shards as it may',
  });
  bed.respec({maxShardCount: 4});
  bed.pass(2_000, ['a', 'b']);
  expect(bed.status?.containers['a']).toMatchObject({state: 'draining'});
  expect(bed.status?.containers['a']?.stranded).toBeUndefined();
});

it('while nobody else takes anything, and for each reason', () => {
  const bed = full();
  bed.order('b', 'cordon');
  bed.order('a', 'drain');
  bed.addShard('s1', {manualContainerId: 'a'});
  bed.pass(2_000, ['a', 'b']);
  const stranded = bed.status?.containers['a']?.stranded ?? '';
  expect(stranded.split('; ').toSorted()).toEqual([
    expect.stringMatching(
      /^1 shard has nowhere to go, s\d: it is pinned to a container that accepts no new shards$/,
    ),
    expect.stringMatching(
      /^1 shard has nowhere to go, s\d: no container that it may use accepts new shards$/,
    ),
  ]);
});
