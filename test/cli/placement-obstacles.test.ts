/** What keeps a container from a shard that an operator pins to it. */
import {describe, expect, it} from 'vitest';
import {emptyGroupText, pinObstacle} from '../../src/cli/placement-obstacles.ts';
import {CONTAINER_STATES} from '../../src/model/trouble.ts';

type State = (typeof CONTAINER_STATES)[number];

const seen = (id: string, state: State, incarnation = `${id}-inc`) => ({id, state, incarnation});
const target = {container: 'c1', isThere: false, workerGroup: ''};

describe('a pin', () => {
  it.each(CONTAINER_STATES)('to a container that is %s', (state) => {
    const obstacle = pinObstacle(target, [seen('c2', 'ready'), seen('c1', state)], {});
    const expected = state === 'lost' ? 'is not alive' : `is ${state} and accepts no new shards`;
    expect(obstacle).toBe(state === 'ready' ? undefined : expected);
  });

  it('where the shard is already meets no obstacle but the end of the container', () => {
    const there = {...target, isThere: true};
    expect(pinObstacle(there, [seen('c1', 'cordoned')], {})).toBeUndefined();
    expect(pinObstacle(there, [seen('c1', 'lost')], {})).toBe('is not alive');
  });

  it('to an id that only an order names, or nothing does, meets nobody', () => {
    expect(pinObstacle(target, [seen('c1', 'ready', '')], {})).toBe('is not alive');
    expect(pinObstacle(target, [], {})).toBe('is not alive');
  });

  it('to an id goes to the process that has it, whoever waits for it or had it before', () => {
    const processes = [seen('c1', 'lost'), seen('c1', 'waiting'), seen('c1', 'ready')];
    expect(pinObstacle(target, processes, {})).toBeUndefined();
    expect(pinObstacle(target, processes.slice(0, 2), {})).toContain('waiting');
  });

  it('of a shard with a worker group goes to members only', () => {
    const grouped = {...target, workerGroup: 'gpu'};
    const containers = [seen('c1', 'ready')];
    expect(pinObstacle(grouped, containers, {gpu: ['c1']})).toBeUndefined();
    for (const pools of [{gpu: ['c2']}, {}])
      expect(pinObstacle(grouped, containers, pools)).toBe(
        "is not in the shard's worker group gpu",
      );
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
