/** A plan in words. */
import type {PlanAnswer} from '../protocol/admin.ts';
import {counted} from '../model/counted.ts';

export type PlannedApp = {readonly app: string} & PlanAnswer;

export function planLines(plan: PlannedApp): string[] {
  const {app, moves, moveCount, heldCount, additions, additionCount} = plan;
  const held = heldCount === 0 ? '' : `, ${heldCount} of them held: the app is paused`;
  const tried = new Set(plan.trials.map(({shard}) => shard));
  const onTrial = (shard: string): string => (tried.has(shard) ? ', on trial' : '');
  const unproved = (id: string): string =>
    plan.unproved.includes(id) ? ' (not proved yet: more follows its trial)' : '';
  return [
    `app ${app}: ${counted(moveCount, 'move')}${held}, ${counted(additionCount, 'addition')}, ${plan.unplacedCount} unplaced, ${plan.strandedCount} stranded`,
    ...moves.map(
      ({shard, from, to, cause}) => `~ ${shard} ${from} -> ${to} (${cause}${onTrial(shard)})`,
    ),
    ...more(moves.length, moveCount, 'moves'),
    ...additions.map(
      ({shard, to}) => `+ ${shard} -> ${to}${tried.has(shard) ? ' (on trial)' : ''}`,
    ),
    ...more(additions.length, additionCount, 'additions'),
    ...plan.unplaced.map(({shard, reason}) => `! ${shard} nowhere: ${reason}`),
    ...more(plan.unplaced.length, plan.unplacedCount, 'unplaced'),
    ...plan.stranded.map(({shard, reason}) => `! ${shard} stays where it should not: ${reason}`),
    ...more(plan.stranded.length, plan.strandedCount, 'stranded'),
    ...plan.containers.map(
      ({id, before, after}) => `container ${id}: ${before} -> ${after}${unproved(id)}`,
    ),
  ];
}

function more(shown: number, all: number, what: string): string[] {
  return shown < all ? [`showing ${shown} of ${all} ${what}`] : [];
}
