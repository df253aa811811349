/** The state of a container in one word: one rule for the governor, the admin API and every view. Pure. */
import type {ContainerState, HeartbeatState} from './container.ts';
import type {PlacementContainer} from './placement.ts';
import type {ContainerOrder} from './specs.ts';

/**
 * How a container is heard by its governor: its heartbeats come; none for 2T/5 (`suspect`); none for W (`silent`); its heartbeat is deleted
 * (`lost`); it lives in the store and nothing new may go to it (`unreachable`); or adds fail there, and it gets one shard on trial at a time (`refusing`).
 * `unknown`: no write commits, so that nobody's heartbeat can be heard.
 */
export type Hearing = 'heard' | 'unknown' | (typeof UNWELL)[number];

const UNWELL = ['suspect', 'silent', 'lost', 'unreachable', 'refusing'] as const;

/** States of containers that are not heard as they should be: trouble, whatever their records say. */
export const UNHEARD_STATES = [
  'lost',
  'unknown',
  'silent',
  'suspect',
  'unreachable',
] as const satisfies readonly ContainerState[];

/** What a governor has said of a container as hearing: states that its clock has no part in say that it is heard. */
export function hearingOf(said: ContainerState | undefined): Hearing {
  return UNWELL.find((hearing) => hearing === said) ?? 'heard';
}

/** `order`: the operator's, undefined when there is none. */
export function containerState(
  said: HeartbeatState,
  incarnation: string,
  order: ContainerOrder | undefined,
  hearing: Hearing,
): ContainerState {
  if (said === 'waiting') return 'waiting';
  if (said !== 'ready') return 'leaving';
  if (hearing === 'unknown' || hearing === 'silent' || hearing === 'lost') return hearing;
  if (orderHolds(order, 'drain', incarnation)) return 'draining';
  if (hearing !== 'heard' && hearing !== 'refusing') return hearing;
  if (orderHolds(order, 'cordon', incarnation)) return 'cordoned';
  return hearing === 'refusing' ? 'refusing' : 'ready';
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

/** What the planner may do with a container in that state. */
export function modeOf(state: ContainerState): PlacementContainer['mode'] {
  if (state === 'ready') return 'open';
  return state === 'leaving' || state === 'draining' ? 'draining' : 'closed';
}
