/** Plans for readers (what-if, why, waits, lists of moves): of small apps at once, of others in a thread of their own, so that no governor waits for them. */
import type {PlacementSnapshot, Plan} from '../model/placement.ts';
import {SmError} from '../model/errors.ts';
import {plan, planWithFigures} from '../planner/index.ts';
import {planOfRows} from '../planner/row-plan.ts';
import type {PlanTerms, WarmShard} from '../planner/warm-table.ts';
import {runInSlices} from '../runtime/slices.ts';
import {PlannerLost} from './governing/planners-beside.ts';
import type {PlannerBeside, PlannersBeside} from './governing/planners-beside.ts';
import type {AskedOfPlan} from './admin/dependencies.ts';
import {ROWS_PER_UPDATE} from './limits.ts';

export class ReaderPlans {
  private readonly planners: PlannersBeside;

  /** `planners`: for no governor. */
  constructor(planners: PlannersBeside) {
    this.planners = planners;
  }

  /** @throws Error when the plan breaks a rule, which is a bug; SmError SERVER_UNAVAILABLE when the thread has ended meanwhile. */
  plan(snapshot: PlacementSnapshot, asked: AskedOfPlan = {}): Plan | Promise<Plan> {
    return snapshot.shards.length > this.planners.from
      ? this.beside(snapshot, asked)
      : planHere(snapshot, asked);
  }

  private async beside(snapshot: PlacementSnapshot, asked: AskedOfPlan): Promise<Plan> {
    const planner = this.planners.open();
    try {
      await runInSlices(sendRows(planner, snapshot));
      const rows = await planner.plan({...termsOf(snapshot), ...asked});
      if (rows !== undefined) return await runInSlices(planOfRows(rows, snapshot));
    } catch (error) {
      if (!(error instanceof PlannerLost)) throw error;
      // Where no thread can be had the plan is worth the wait.
      if (error.isForGood) return planHere(snapshot, asked);
    } finally {
      planner.close();
    }
    throw new SmError('SERVER_UNAVAILABLE', 'the planner thread has ended', {
      hint: 'try again',
      retryable: true,
    });
  }
}

function planHere(snapshot: PlacementSnapshot, {withFigures}: AskedOfPlan): Plan {
  if (withFigures !== true) return plan(snapshot);
  const made = planWithFigures(snapshot);
  return {...made.plan, figures: made.figures};
}

function* sendRows(
  planner: PlannerBeside,
  {shards}: PlacementSnapshot,
): Generator<undefined, undefined> {
  for (let from = 0; from < shards.length; from += ROWS_PER_UPDATE) {
    const part = shards.slice(from, from + ROWS_PER_UPDATE);
    const set = part.map((shard, at): WarmShard => ({
      row: from + at,
      shard,
      homeKey: shard.current,
      isReady: true,
    }));
    planner.update({isFresh: from === 0, set, removed: []});
    yield;
  }
}

function termsOf({shards: _sent, ...terms}: PlacementSnapshot): PlanTerms {
  const homes = new Map(terms.containers.map(({id}) => [id, id]));
  return {...terms, homes, fitness: undefined};
}
