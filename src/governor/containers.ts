/** What state each container is in, and what that lets the planner do with it. */
import type {ContainerState, Heartbeat} from '../model/container.ts';
import type {PlacementContainer} from '../model/placement.ts';
import type {ContainerOrder} from '../model/specs.ts';
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
    const state = stateOf(
      heartbeat.value,
      incarnation,
      view.orders.get(container)?.value,
      clock,
      shut,
      nowMs,
    );
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

function unreadableNote(view: AppView, incarnation: string): string | undefined {
  const problem = view.heartbeatProblem(incarnation);
  return problem && `has a heartbeat that cannot be read: ${problem}`;
}

function stateOf(
  heartbeat: Heartbeat,
  incarnation: string,
  order: ContainerOrder | undefined,
  clock: FailureDetector,
  shut: boolean,
  nowMs: number,
): ContainerState {
  if (heartbeat.state === 'leaving' || heartbeat.state === 'evicting') return 'leaving';
  if (clock.silent(incarnation, nowMs)) return 'silent';
  if (orderHolds(order, 'drain', incarnation)) return 'draining';
  if (clock.suspect(incarnation, nowMs)) return 'suspect';
  if (shut) return 'unreachable';
  return orderHolds(order, 'cordon', incarnation) ? 'cordoned' : 'ready';
}

/** A cordon stays until lifted; a drain ends with the incarnation it was given for unless it is kept. */
export function orderHolds(
  order: ContainerOrder | undefined,
  kind: ContainerOrder['order'],
  incarnation: string,
): boolean {
  if (order?.order !== kind) return false;
  return (
    kind === 'cordon' || order.keep || order.incarnation === '' || order.incarnation === incarnation
  );
}

export function modeOf(state: ContainerState): PlacementContainer['mode'] {
  if (state === 'ready') return 'open';
  return state === 'leaving' || state === 'draining' ? 'draining' : 'closed';
}
