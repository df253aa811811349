/**
 * The short form of `npm run changeover`: what has once made shards run twice. A container comes back while its shards are moving, the app goes
 * back to the Go project and comes again, and a container starts anew while it is taken over.
 */
import {expect, it} from 'vitest';
import type {Disturbance} from '../changeover/disturbances.ts';
import {playRound} from '../changeover/round.ts';

const DISTURBANCES: readonly Disturbance[] = [
  {kind: 'restart container', container: 1, forMs: 100, pauseMs: 500},
  {kind: 'back and again', container: 0, forMs: 100, pauseMs: 0},
  {kind: 'restart container', container: 2, forMs: 100, pauseMs: undefined},
];

it('no shard runs twice after a changeover, whatever happens to daemon and containers', async () => {
  const said: string[] = [];
  const result = await playRound({
    ...{disturbances: DISTURBANCES, containers: 3, shards: 9, withBolt: false},
    say: (text) => said.push(text),
  });
  expect(result.overlaps, said.join('\n')).toEqual([]);
  expect(result.repeatedAdds).toEqual([]);
  expect(result.callsByChangeover).toBe(0);
  // The judge has seen what ran: each shard was added, and those of a container that left once more.
  expect(result.adds).toHaveLength(9);
  expect(Math.min(...result.adds)).toBeGreaterThanOrEqual(1);
  expect(Math.max(...result.adds)).toBeGreaterThanOrEqual(2);
});
