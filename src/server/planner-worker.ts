/** The program of the planner thread. */
import {parentPort} from 'node:worker_threads';
import {failureText} from '../model/failure-text.ts';
import {buffersOf} from '../planner/row-plan.ts';
import type {RowBatch} from '../planner/warm-table.ts';
import {stepBack} from '../runtime/thread-priority.ts';
import {PLANNER_NICE} from './limits.ts';
import type {PlannerReply, PlannerRequest} from './planner-messages.ts';
import {WarmPlanners} from './warm-planners.ts';

stepBack(PLANNER_NICE);

const planners = new WarmPlanners();

function reply(message: PlannerReply): void {
  parentPort?.postMessage(message, 'plan' in message ? buffersOf(message.plan) : []);
}

parentPort?.on('message', (request: PlannerRequest) => {
  const {planner} = request;
  if (request.kind === 'update')
    return planners.update(planner, JSON.parse(request.batch) as RowBatch);
  if (request.kind === 'close') return planners.close(planner);
  const {question, terms} = request;
  try {
    reply({planner, question, plan: planners.plan(planner, terms)});
  } catch (error) {
    reply({planner, question, error: failureText(error)});
  }
});
