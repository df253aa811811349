/** One container more, which does not work: at no instant are more than max(1, 1 %) of the shards not served because of it. */
import {expect, it} from 'vitest';
import {JOINER_FAULTS, unservedWhile} from './bad-joiner.ts';
import type {JoinerFault} from './bad-joiner.ts';

const SEEDS = 5;
const WATCHED_MS = 60_000;

async function worst(shards: number, fault: JoinerFault): Promise<number> {
  let most = 0;
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const looks = await unservedWhile({seed, shards, fault, watchedMs: WATCHED_MS});
    most = Math.max(most, ...looks);
  }
  return most;
}

it.each(JOINER_FAULTS)(
  'of 12 shards one at most is not served while a joiner %s',
  async (fault) => {
    expect(await worst(12, fault)).toBe(1);
  },
);
