/** A plan in words. */
import type {PlanAnswer} from '../protocol/admin.ts';
import {counted} from '../model/counted.ts';

export type PlannedApp = {readonly app: string} & PlanAnswer;

export function planLines(plan: PlannedApp): string[] {
  const {app, moves, moveCount, heldCount, cancelledCount, additions, additionCount} = plan;
  const pausedText = heldCount === 0 ? '' : `, ${heldCount} of them held: the app is paused`;
  const cancelledText = cancelledCount === 0 ? '' : `, ${cancelledCount} of them cancelled`;
  const tried = new Set(plan.trials.map(({shard}) => shard));
  const onTrial = (shard: string): string => (tried.has(shard) ? ', on trial' : '');
  const unproved = (id: string): string =>
    plan.unproved.includes(id) ? ' (not proved yet: it gets more after its trial)' : '';
  return [
    `app ${app}: ${counted(moveCount, 'move')}${pausedText}${cancelledText}, ${counted(additionCount, 'addition')}, ${plan.unplacedCount} unplaced, ${plan.strandedCount} stranded`,
    ...figureLines(plan),
    ...moves.map(
      ({shard, from, to, cause, numbers = '', cancelled}) =>
        `~ ${shard} ${from} -> ${to} (${cause}${onTrial(shard)}${cancelled ? ', cancelled' : ''}${numbers === '' ? '' : `: ${numbers}`})`,
    ),
    ...more(moves.length, moveCount, 'moves'),
    ...additions.map(
      ({shard, to}) => `+ ${shard} -> ${to}${tried.has(shard) ? ' (on trial)' : ''}`,
    ),
    ...more(additions.length, additionCount, 'additions'),
    ...plan.unplaced.map((found) => `! ${found.shard} nowhere: ${ruleText(found)}`),
    ...more(plan.unplaced.length, plan.unplacedCount, 'unplaced'),
    ...plan.stranded.map(
      (found) => `! ${found.shard} stays where it must not be: ${ruleText(found)}`,
    ),
    ...more(plan.stranded.length, plan.strandedCount, 'stranded'),
    ...plan.containers.map(
      ({id, before, after}) => `container ${id}: ${before} -> ${after}${unproved(id)}`,
    ),
  ];
}

/** What the plan costs and brings; a daemon of before says nothing of it. */
function figureLines({figures}: PlannedApp): string[] {
  if (figures === undefined) return [];
  const {moves, movesAtLeast, counts, metrics} = figures;
  const isIdle = moves === 0 && movesAtLeast === 0;
  return [
    ...(isIdle
      ? []
      : [`cost: ${counted(moves, 'move')}, at least ${movesAtLeast} needed for these counts`]),
    `imbalance of counts: ${ratioText(counts)}`,
    ...metrics.map((metric) => {
      const {name, departuresAtLeast: least} = metric;
      return `imbalance of ${name}: ${ratioText(metric)}${least === 0 ? '' : `, at least ${counted(least, 'shard')} must move`}`;
    }),
  ];
}

/** The container with the most, as a multiple of its share. */
function ratioText({before, after}: {before: number; after: number}): string {
  return `${before.toFixed(2)}x -> ${after.toFixed(2)}x of the share`;
}

function ruleText({reason, rule = ''}: {reason: string; rule?: string}): string {
  return rule === '' ? reason : `${reason}: ${rule}`;
}

function more(shown: number, all: number, what: string): string[] {
  return shown < all ? [`showing ${shown} of ${all} ${what}`] : [];
}
