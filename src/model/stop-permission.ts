/** Permissions to stop containers: who may take which process away, and until when. Pure. */
import type {ContainerState} from './container.ts';
import {PERMISSION_CLOCK_SLACK_MS, UNAVAILABLE_SHARE} from './limits.ts';

/** One container that its holder may stop. */
export interface StopPermission {
  container: string;
  /** The process that was running; one that comes back under the same id is another one. '' when none was. */
  incarnation: string;
  /** Who asked: a deploy, a host, a person. Whoever gives the same name renews and releases it. */
  holder: string;
  reason: string;
  /** RFC 3339. */
  at: string;
  /** RFC 3339: when the lease ends unless it is renewed. */
  until: string;
}

/** All permissions of one app, one value in the store, so that each decision is made against all of them. */
export interface StopPermissions {
  v: number;
  permissions: StopPermission[];
  [unknown: string]: unknown;
}

/** A container as far as permissions need it. */
export interface StoppedContainer {
  readonly incarnation: string;
  readonly state: ContainerState;
}

/**
 * Why containers may not be stopped:
 * - unknown: nobody knows what is served now;
 * - permission: another holder may stop one of them already;
 * - losses: many containers were lost at once, so that one more is one too many;
 * - unavailable: more containers would be away than may be;
 * - unserved: shards have no service now;
 * - place: shards that are served now would find no place.
 */
export const STOP_RULES = [
  'unknown',
  'permission',
  'losses',
  'unavailable',
  'unserved',
  'place',
] as const;

export type StopRule = (typeof STOP_RULES)[number];

/** States in which a container serves what it has. */
const AVAILABLE: ReadonlySet<ContainerState> = new Set(['ready', 'cordoned']);

export function isAvailable(state: ContainerState): boolean {
  return AVAILABLE.has(state);
}

/**
 * Whether the permission still counts: its lease has not ended (nor the slack after it), and its container has not come back as
 * another process that serves. `living`: by container id.
 */
export function isInForce(
  {container, incarnation, until}: StopPermission,
  living: ReadonlyMap<string, StoppedContainer>,
  wallMs: number,
): boolean {
  const endsMs = Date.parse(until);
  if (!(wallMs < endsMs + PERMISSION_CLOCK_SLACK_MS)) return false;
  const now = living.get(container);
  return now === undefined || now.incarnation === incarnation || !isAvailable(now.state);
}

/** @param maxUnavailable what the app's policy says; 0: a tenth of its containers, at least one. */
export function unavailableLimit(maxUnavailable: number, containers: number): number {
  if (maxUnavailable > 0) return maxUnavailable;
  return Math.max(1, Math.floor(containers * UNAVAILABLE_SHARE));
}

/** `deploy-7 may stop it until 2026-01-02T03:04:05Z`, for notes. */
export function permissionText({holder, until, reason}: Omit<StopPermission, 'container'>): string {
  return `${holder} may stop it until ${until}${reason === '' ? '' : `: ${reason}`}`;
}
