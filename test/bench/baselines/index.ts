/** Other ways to place, by name. */
import {boundedRing} from './bounded-ring.ts';
import type {PlacementSnapshot} from '../../../src/model/placement.ts';
import {carriedOver, instanceOf} from './instance.ts';
import type {Baseline, Instance} from './instance.ts';
import {longestFirst} from './longest-first.ts';
import {originRule} from './origin-rule.ts';
import {random} from './random.ts';
import {rendezvous} from './rendezvous.ts';

/** So many pairs of a shard and a container are looked at in some seconds. */
const MOST_PAIRS = 1e9;

const BASELINES: readonly (readonly [string, Baseline])[] = [
  ['random', random],
  ['LPT from scratch', longestFirst],
  ["the origin's rule", originRule],
  ['bounded-load ring, 1.25', boundedRing(0.25)],
  ['bounded-load ring, 1.05', boundedRing(0.05)],
];

/** Rendezvous hashing looks at every pair: it is left out where there are too many. */
export function baselinesFor({shards, containers}: Instance): typeof BASELINES {
  return shards * containers > MOST_PAIRS
    ? BASELINES
    : [...BASELINES, ['rendezvous', rendezvous] as const];
}

/** What a baseline meets when all runs where it has put it in `before`. */
export function ownInstance(
  baseline: Baseline,
  before: PlacementSnapshot,
  after: PlacementSnapshot,
): Instance {
  const [ids, idsAfter] = [before, after].map(({containers}) => containers.map(({id}) => id));
  const placed = baseline(instanceOf(before));
  return carriedOver(instanceOf(after), placed, ids ?? [], idsAfter ?? []);
}
