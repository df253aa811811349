/** Row 13: loads that only seem to change. How many shards move a round, and whether one moves again within its cooldown. */
import type {PlacementSnapshot} from '../../../src/model/placement.ts';
import {plan} from '../../../src/planner/index.ts';
import {applied, seeded} from '../../planner/instances.ts';
import {boundedRing} from '../baselines/bounded-ring.ts';
import {instanceOf} from '../baselines/instance.ts';
import {longestFirst} from '../baselines/longest-first.ts';
import {mostOverMean, movesOf} from './measures.ts';
import {ours, theirs} from './report.ts';
import type {Print} from './report.ts';
import {cappedZipf, coldSnapshot, withLoads} from './snapshots.ts';

const ROUNDS = 100;
/** Rounds that do not count: the first means are of few samples. */
const WARM_UP_ROUNDS = 20;
const COOLDOWN_ROUNDS = 10;
const NOISE = 0.3;
const EWMA_SHARE = 0.2;

interface Policy {
  readonly upper: number;
  readonly lower: number;
  /** Of a new sample in the mean; 1: no mean. */
  readonly ewma: number;
  readonly cooldownRounds: number;
}

type Placing = (snapshot: PlacementSnapshot) => Int32Array;

interface Steady {
  /** Moves a round, as a share of the shards. */
  readonly share: number;
  readonly repeats: number;
  /** Real load, without noise, at the end. */
  readonly imbalance: number;
}

function steady(n: number, m: number, policy: Policy, placing: Placing): Steady {
  const {upper, lower, ewma, cooldownRounds} = policy;
  const real = cappedZipf(n, m);
  const normal = normals(3);
  const seen = real.slice();
  const movedIn = new Int32Array(n).fill(-cooldownRounds - 1);
  const cold = withLoads(coldSnapshot(n, m), real, upper, lower);
  let settled = applied(cold, plan(cold));
  let [moves, repeats] = [0, 0];
  for (let round = 0; round < ROUNDS + WARM_UP_ROUNDS; round += 1) {
    for (const [shard, load] of real.entries()) {
      const sample = Math.max(0, load * (1 + NOISE * normal()));
      seen[shard] = (1 - ewma) * (seen[shard] ?? 0) + ewma * sample;
    }
    const isCooling = (shard: number): boolean => round - (movedIn[shard] ?? 0) <= cooldownRounds;
    const now = withLoads(settled, seen, upper, lower);
    const shards = now.shards.map((one, at) => ({...one, cooling: isCooling(at)}));
    const target = placing({...now, shards});
    const {current} = instanceOf(now);
    for (const [shard, to] of target.entries()) {
      if (current[shard] === to) continue;
      if (round >= WARM_UP_ROUNDS && round - (movedIn[shard] ?? 0) <= COOLDOWN_ROUNDS) repeats += 1;
      movedIn[shard] = round;
    }
    if (round >= WARM_UP_ROUNDS) moves += movesOf(current, target);
    settled = {
      ...settled,
      shards: settled.shards.map((one, at) => ({...one, current: `c${target[at] ?? 0}`})),
    };
  }
  const imbalance = mostOverMean(instanceOf(settled).current, m, real);
  return {share: moves / ROUNDS / n, repeats, imbalance};
}

/** Normally distributed numbers, the same on every machine. */
function normals(seed: number): () => number {
  const next = seeded(seed);
  const one = (): number => (1 + next(1_000_000)) / 1_000_001;
  return () => Math.sqrt(-2 * Math.log(one())) * Math.cos(2 * Math.PI * one());
}

function describe({share, repeats, imbalance}: Steady): string {
  return `${(100 * share).toFixed(3)} %, ${repeats} repeats, real load ${imbalance.toFixed(3)}`;
}

export function noiseRow(n: number, m: number, print: Print): void {
  const what = `${n} x ${m}, 30 % noise, ${ROUNDS} rounds: shards moved a round`;
  const byPlan: Placing = (snapshot) => plan(snapshot).target;
  const usual = {upper: 1.2, lower: 1.1, ewma: EWMA_SHARE, cooldownRounds: COOLDOWN_ROUNDS};
  const own = steady(n, m, usual, byPlan);
  const isMet = own.share <= 0.0002 && own.repeats === 0;
  print(ours(13, what, describe(own), '0.02 %, 0 repeats', isMet));
  const bare = {upper: 1.02, lower: 1.02, ewma: 1, cooldownRounds: 0};
  const others: readonly (readonly [string, Policy, Placing])[] = [
    ['sm with a bare target of 1.02', bare, byPlan],
    ['LPT from scratch', bare, (snapshot) => longestFirst(instanceOf(snapshot))],
    ['bounded-load ring, 1.25', bare, (snapshot) => boundedRing(0.25)(instanceOf(snapshot))],
  ];
  for (const [way, policy, placing] of others)
    print(theirs(13, what, way, describe(steady(n, m, policy, placing))));
}
