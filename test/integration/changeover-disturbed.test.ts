/** The short form of `npm run changeover`: some seeded disturbances after a changeover, and no shard runs twice. */
import {expect, it} from 'vitest';
import {disturbances} from '../changeover/disturbances.ts';
import {playRound} from '../changeover/round.ts';

/** It kills containers and the daemon, has one return while no daemon runs, and has drops that hang, refused adds and a value that is not JSON. */
const SEED = 6;
const COUNT = 10;
const CONTAINERS = 3;

it(`${COUNT} disturbances of seed ${SEED} make no shard run twice, and nothing is added that runs`, async () => {
  const said: string[] = [];
  const result = await playRound({
    disturbances: disturbances(SEED, COUNT, CONTAINERS).map((one) => ({
      ...one,
      // What lasts long is left to the long form.
      forMs: Math.min(one.forMs, 900),
      pauseMs: Math.min(one.pauseMs ?? 300, 300),
    })),
    ...{containers: CONTAINERS, shards: 9, withBolt: false},
    say: (text) => said.push(text),
  });
  const twice = result.overlaps.filter(({excuse}) => excuse === '');
  expect(twice, said.join('\n')).toEqual([]);
  expect(result.repeatedAdds).toEqual([]);
  expect(result.toldByChangeover).toBe(0);
}, 240_000);
