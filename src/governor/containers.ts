/** What state each container is in, and what that lets the planner do with it. */
import {containerState, modeOf} from '../model/container-state.ts';
import type {Hearing} from '../model/container-state.ts';
import type {ContainerState} from '../model/container.ts';
import type {PlacementContainer} from '../model/placement.ts';
import type {FailureDetector} from '../ownership/failure-detector.ts';
import type {AppView} from './view.ts';

/** One living container: the incarnation that holds its id. */
export interface LivingContainer {
  readonly container: string;
  readonly incarnation: string;
  readonly endpoint: string;
  readonly state: ContainerState;
  readonly mode: PlacementContainer['mode'];
  /** Why its state is what it is, where that needs words. */
  readonly note?: string;
}

/** Living containers that get nothing new, by incarnation. */
export interface Closed {
  readonly unreachable: Pick<ReadonlySet<string>, 'has'>;
  /** Why what it says is not believed. */
  readonly doubted: ReadonlyMap<string, string>;
}

/** Containers by id. */
export function livingContainers(
  view: AppView,
  clock: FailureDetector,
  {unreachable, doubted}: Closed,
  nowMs: number,
): Map<string, LivingContainer> {
  const living = new Map<string, LivingContainer>();
  for (const [container, {incarnation}] of view.ids) {
    const heartbeat = view.heartbeats.get(incarnation);
    if (heartbeat === undefined || heartbeat.value.state === 'waiting') continue;
    const note = unreadableNote(view, incarnation) ?? doubted.get(incarnation);
    const shut = note !== undefined || unreachable.has(incarnation);
    const order = view.orders.get(container)?.value;
    const heard = hearing(clock, incarnation, shut, nowMs);
    const state = containerState(heartbeat.value.state, incarnation, order, heard);
    living.set(container, {
      container,
      incarnation,
      endpoint: heartbeat.value.endpoint,
      state,
      mode: modeOf(state),
      ...(note === undefined ? {} : {note}),
    });
  }
  return living;
}

/** States that a heartbeat may end by arriving. */
export function isByClock(state: ContainerState): boolean {
  return state === 'suspect' || state === 'silent';
}

function unreadableNote(view: AppView, incarnation: string): string | undefined {
  const problem = view.heartbeatProblem(incarnation);
  return problem && `has a heartbeat that cannot be read: ${problem}`;
}

function hearing(
  clock: FailureDetector,
  incarnation: string,
  shut: boolean,
  nowMs: number,
): Hearing {
  if (clock.silent(incarnation, nowMs)) return 'silent';
  if (clock.suspect(incarnation, nowMs)) return 'suspect';
  return shut ? 'unreachable' : 'heard';
}
