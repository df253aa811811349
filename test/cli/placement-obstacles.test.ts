/** Whether shards would run anywhere after a change, in words. */
import {describe, expect, it} from 'vitest';
import {
  emptyGroupText,
  leftUnplacedText,
  unknownContainerText,
} from '../../src/cli/placement-obstacles.ts';
import type {CONTAINER_STATES} from '../../src/model/trouble.ts';

type State = (typeof CONTAINER_STATES)[number];

const seen = (id: string, state: State, incarnation = `${id}-inc`) => ({id, state, incarnation});
describe('what a change leaves without a container', () => {
  const left = (count: number) => ({
    count,
    shards: count === 0 ? [] : [{shard: 's1', reason: 'worker-group-empty', rule: 'no members'}],
  });

  it('is said with the first shard and its reason', () => {
    expect(leftUnplacedText(left(1))).toBe('shard s1 would run nowhere: no members');
    expect(leftUnplacedText(left(7))).toBe('7 shards would run nowhere, among them s1: no members');
  });

  it('is not spoken of where it is nothing, or the daemon does not say it', () => {
    expect(leftUnplacedText(left(0))).toBeUndefined();
    expect(leftUnplacedText(undefined)).toBeUndefined();
  });
});

describe('a worker group', () => {
  it('is told of as long as no member lives', () => {
    const text = /no member of worker group gpu is alive/;
    for (const pools of [{}, {gpu: []}, {gpu: ['c2', 'c3']}])
      expect(emptyGroupText('gpu', [seen('c1', 'ready'), seen('c3', 'lost')], pools)).toMatch(text);
    expect(emptyGroupText('gpu', [seen('c1', 'cordoned')], {gpu: ['c1']})).toBeUndefined();
  });
});

it('names a container that is not there, which a mistyped id is', () => {
  expect(unknownContainerText('orders', 'c1', [{id: 'c1'}])).toBeUndefined();
  expect(unknownContainerText('orders', 'c2', [{id: 'c1'}])).toContain('has no container c2');
});
