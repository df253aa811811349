/** The planner's target matrix held against the oracle. */
import type {PlacementSnapshot} from '../../src/model/placement.ts';
import {assign} from '../../src/planner/matrix/assign.ts';
import {targetsOf} from '../../src/planner/matrix/targets.ts';
import {classify} from '../../src/planner/sorting.ts';
import {tabulate} from '../../src/planner/table.ts';
import {bestScore, countsOf, questionOf, scoreOf} from './oracle.ts';
import type {Question, Score} from './oracle.ts';
import {allows} from './twin.ts';

export interface Comparison {
  readonly planned: Score;
  readonly best: Score;
  readonly agree: boolean;
  /** Whether the shard limit was in the way of an even plan. */
  readonly binds: boolean;
}

/**
 * Compares before rings of full containers are dropped, which are better by counts but cannot be carried out. Where some
 * container stays above the limit whatever is done, only what stands above evenness is compared: nothing may come onto
 * such a container, which the oracle does not know.
 */
export function compare(snapshot: PlacementSnapshot): Comparison {
  const table = tabulate(snapshot);
  const sorted = classify(table);
  const target = Int32Array.from(sorted.fixed);
  assign(table, targetsOf(table, sorted), target);
  const question = questionOf(snapshot);
  const planned = {
    ...scoreOf(question, countsOf(question, target)),
    urgency: urgencyOf(question, target),
  };
  const best = bestScore(question);
  const first = (score: Score): Partial<Score> => {
    const {overfull, unplaced, urgency, stranded} = score;
    return best.overfull > 0 ? {overfull, unplaced, urgency, stranded} : score;
  };
  const agree = JSON.stringify(first(planned)) === JSON.stringify(first(best));
  return {planned, best, agree, binds: question.binds};
}

/** The priorities of the shards that were left out, not only of as many. */
function urgencyOf({snapshot, groupOf}: Question, target: Int32Array): number {
  const {shards, containers} = snapshot;
  let sum = 0;
  for (const [at, shard] of shards.entries()) {
    const there = containers.find(({id}) => id === shard.current);
    const mayStay = there?.mode === 'draining' && allows(snapshot, shard, there);
    if ((target[at] ?? -1) < 0 && (groupOf[at] ?? -1) >= 0 && !mayStay) sum += shard.priority ?? 0;
  }
  return sum;
}
