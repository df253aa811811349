/** How an app and the cluster are: one rule for status, doctor, top, the lists and the panels. Pure. */
import {UNHEARD_STATES} from './container-state.ts';

/** What the rule looks at; of one app, or summed over several. */
export interface HealthFigures {
  readonly settled: boolean;
  readonly shards: {
    readonly total: number;
    readonly ready: number;
    readonly unplaced: number;
    readonly unknown: number;
    readonly failed: number;
    readonly quarantined: number;
  };
  /** Number of containers by state. */
  readonly containers: Readonly<Record<string, number>>;
  readonly alarms: readonly unknown[];
}

export interface AppFigures extends HealthFigures {
  readonly deleting: boolean;
  readonly paused: boolean;
  /** ISO time since when no write has committed; '' while writes commit. */
  readonly unknownSince: string;
}

/** Worst first. */
export const APP_HEALTH = ['UNKNOWN', 'TROUBLE', 'REMOVING', 'MOVING', 'PAUSED', 'OK'] as const;
export type AppHealth = (typeof APP_HEALTH)[number];

/** Worst first. */
export const CLUSTER_HEALTH = ['UNKNOWN', 'NO LEADER', 'TROUBLE', 'MOVING', 'OK'] as const;
export type ClusterHealth = (typeof CLUSTER_HEALTH)[number];

/** How many containers are not heard as they should be. */
export function unheardOf(containers: Readonly<Record<string, number>>): number {
  return UNHEARD_STATES.reduce((sum, state) => sum + (containers[state] ?? 0), 0);
}

/** Health with which an operator may sleep on: what is under way ends by itself. The rest is exit code 10. */
export function isWell(health: AppHealth | ClusterHealth): boolean {
  return health === 'OK' || health === 'MOVING' || health === 'PAUSED' || health === 'REMOVING';
}

/** The leader's record names a daemon that has its heartbeat and is not silent: a dead one leads nothing. */
export function leaderLives(
  leader: {readonly container: string; readonly incarnation: string} | null,
  daemons: readonly {readonly incarnation: string; readonly state: string}[],
): boolean {
  if (leader === null) return false;
  const found = daemons.find(({incarnation}) => incarnation === leader.incarnation);
  return found !== undefined && found.state !== 'lost' && found.state !== 'silent';
}

/** Of a daemon that has left nothing but the event of its loss. */
export function lostDaemonText({id, at}: {readonly id: string; readonly at: string}): string {
  return `${id} was lost at ${at} and is not back`;
}

/** How much is wrong: shards without service or with an error, containers that are not heard, alarms. 0: nothing. */
export function troubleCount({shards, containers, alarms}: HealthFigures): number {
  const {unplaced, unknown, failed, quarantined} = shards;
  return unplaced + unknown + failed + quarantined + unheardOf(containers) + alarms.length;
}

/**
 * An app that is being removed is on its way out whatever it lacks. Trouble, and shards that are not ready, come before a pause: a pause stops
 * voluntary moves and excuses nothing. What was last written is never OK while nothing can be written.
 */
export function appHealth(app: AppFigures): AppHealth {
  if (app.unknownSince !== '') return 'UNKNOWN';
  if (app.deleting) return 'REMOVING';
  if (troubleCount(app) > 0) return 'TROUBLE';
  if (app.paused && allReady(app)) return 'PAUSED';
  return atRest(app) ? 'OK' : 'MOVING';
}

/** `alarms` and `daemons` (number by state) are those of sm itself; `leader`: there is one that lives. */
export function clusterHealth({
  leader,
  daemons,
  alarms,
  apps,
  unknownSince,
}: {
  readonly leader: boolean;
  readonly daemons: Readonly<Record<string, number>>;
  readonly alarms: readonly unknown[];
  readonly apps: readonly AppFigures[];
  readonly unknownSince: string;
}): ClusterHealth {
  if (unknownSince !== '') return 'UNKNOWN';
  if (!leader) return 'NO LEADER';
  const ill = apps.some((app) => appHealth(app) === 'TROUBLE');
  if (ill || unheardOf(daemons) + alarms.length > 0) return 'TROUBLE';
  return apps.every((app) => (app.paused ? allReady(app) : atRest(app))) ? 'OK' : 'MOVING';
}

function atRest(app: HealthFigures): boolean {
  // A new app has nothing to wait for, although its governor has not planned yet.
  return app.shards.total === 0 || (app.settled && allReady(app));
}

function allReady({shards}: HealthFigures): boolean {
  return shards.ready === shards.total;
}
