/**
 * Whether containers may be stopped now: the rule behind `sm container can-stop`. It counts what is away already, what others were permitted
 * to take away, and what would find no place. A yes is worth nothing without the permission that is written with it. Pure.
 */
import {firstOf} from '../model/and-more.ts';
import {counted} from '../model/counted.ts';
import {isAvailable, isInForce, unavailableLimit} from '../model/stop-permission.ts';
import type {StopPermission, StopRule, StoppedContainer} from '../model/stop-permission.ts';
import {OBJECTS_NAMED, STRANDED_NAMED} from './limits.ts';

export interface StopQuestion {
  /** Container ids, each once. */
  readonly wanted: readonly string[];
  readonly holder: string;
  /** Shards that may be without service or place all the same. */
  readonly maxUnserved: number;
}

/** What is known of the app. */
export interface StopSituation {
  /** By id: the incarnation that holds it. */
  readonly living: ReadonlyMap<string, StoppedContainer>;
  /** Ids that records name and nothing living has. */
  readonly lost: ReadonlySet<string>;
  readonly permissions: readonly StopPermission[];
  /** Of the app's policy; 0: by default. */
  readonly maxUnavailable: number;
  /** Shards that nobody serves, and the container that their record names ('' for none). */
  readonly unserved: readonly {readonly shard: string; readonly container: string}[];
  /** Evictions wait: many containers were lost at once. */
  readonly isBreakerOpen: boolean;
  /** Why nobody knows what is served now; '' when that is known. */
  readonly unknown: string;
  readonly wallMs: number;
}

/** Shards without a place, with the planner's reason, if these containers were gone. */
export type HomelessWithout = (
  away: ReadonlySet<string>,
) => readonly {readonly shard: string; readonly reason: string}[];

export interface StopObjection {
  readonly rule: StopRule;
  readonly text: string;
  /** How many there are, and how many there may be. */
  readonly count: number;
  readonly limit: number;
  /** Containers, or shards; the first ten. */
  readonly objects: readonly string[];
}

export interface StopVerdict {
  readonly allowed: boolean;
  /** Why not: every rule that is against it. */
  readonly objections: readonly StopObjection[];
  /** Containers that are away, or may be taken away by others, by id, and why. */
  readonly unavailable: readonly {readonly container: string; readonly why: string}[];
  readonly maxUnavailable: number;
}

/** `homeless` is asked only where the other rules agree: it costs a plan. */
export function checkStop(
  question: StopQuestion,
  situation: StopSituation,
  homeless: HomelessWithout,
): StopVerdict {
  const inForce = situation.permissions.filter((one) =>
    isInForce(one, situation.living, situation.wallMs),
  );
  const away = unavailable(situation, inForce);
  const limit = unavailableLimit(
    situation.maxUnavailable,
    new Set([...situation.living.keys(), ...situation.lost, ...away.keys()]).size,
  );
  const shown = {
    unavailable: [...away].map(([container, why]) => ({container, why})),
    maxUnavailable: limit,
  };
  const fresh = question.wanted.filter(
    (container) => !isGranted(container, question.holder, inForce),
  );
  // What was permitted stays permitted: the holder asks again while its containers are on their way out.
  if (fresh.length === 0 && question.wanted.length > 0)
    return {allowed: true, objections: [], ...shown};
  const objections = [
    ...unknownObjection(situation),
    ...otherHolders(fresh, inForce),
    ...lossObjection(situation, fresh, away),
    ...countObjection(fresh, away, limit),
    ...serviceObjection(question, situation),
  ];
  if (objections.length === 0)
    objections.push(...placeObjection(question, situation, away, homeless));
  return {allowed: objections.length === 0, objections, ...shown};
}

function isGranted(container: string, holder: string, inForce: readonly StopPermission[]): boolean {
  return inForce.some((one) => one.container === container && one.holder === holder);
}

/** By id, in order of the id. */
function unavailable(
  {living, lost}: StopSituation,
  inForce: readonly StopPermission[],
): Map<string, string> {
  const away = new Map<string, string>();
  for (const container of lost) if (!living.has(container)) away.set(container, 'lost');
  for (const [container, {state}] of living) if (!isAvailable(state)) away.set(container, state);
  for (const {container, holder, until} of inForce)
    if (!away.has(container)) away.set(container, `${holder} may stop it until ${until}`);
  return new Map([...away].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function objection(
  rule: StopRule,
  text: string,
  objects: readonly string[],
  limit = 0,
  count = objects.length,
): StopObjection {
  return {rule, text, count, limit, objects: objects.slice(0, OBJECTS_NAMED)};
}

function unknownObjection({unknown}: StopSituation): StopObjection[] {
  return unknown === '' ? [] : [objection('unknown', unknown, [])];
}

function otherHolders(
  fresh: readonly string[],
  inForce: readonly StopPermission[],
): StopObjection[] {
  const others = inForce.filter(({container}) => fresh.includes(container));
  return others.map(({container, holder, until}) =>
    objection('permission', `${holder} may stop ${container} until ${until}`, [container]),
  );
}

/** One that is away already makes nothing worse. */
function added(fresh: readonly string[], away: ReadonlyMap<string, string>): readonly string[] {
  return fresh.filter((container) => !away.has(container));
}

function lossObjection(
  {isBreakerOpen}: StopSituation,
  fresh: readonly string[],
  away: ReadonlyMap<string, string>,
): StopObjection[] {
  if (!isBreakerOpen || added(fresh, away).length === 0) return [];
  return [objection('losses', 'many containers were lost within a short time', [])];
}

function countObjection(
  fresh: readonly string[],
  away: ReadonlyMap<string, string>,
  limit: number,
): StopObjection[] {
  const more = added(fresh, away);
  const count = away.size + more.length;
  if (more.length === 0 || count <= limit) return [];
  const gone = [...away].map(([container, why]) => `${container} (${why})`);
  const named = [...more.map((container) => `${container} (asked for)`), ...gone];
  const text = `${counted(count, 'container')} would be unavailable, at most ${limit} may be: ${firstOf(named, OBJECTS_NAMED)}`;
  return [objection('unavailable', text, [...more, ...away.keys()], limit)];
}

/** What lacks service on the containers in question is a reason to stop them, not one against it. */
function serviceObjection(
  {wanted, maxUnserved}: StopQuestion,
  {unserved}: StopSituation,
): StopObjection[] {
  const elsewhere = unserved.filter(({container}) => !wanted.includes(container));
  if (elsewhere.length <= maxUnserved) return [];
  const shards = elsewhere.map(({shard}) => shard);
  const text = `${counted(shards.length, 'shard')} without service now, at most ${maxUnserved} may be: ${firstOf(shards, STRANDED_NAMED)}`;
  return [objection('unserved', text, shards, maxUnserved)];
}

function placeObjection(
  {wanted, maxUnserved}: StopQuestion,
  {living, unserved}: StopSituation,
  away: ReadonlyMap<string, string>,
  homeless: HomelessWithout,
): StopObjection[] {
  // What drains or is only cut off may keep what finds no other place; the rest is taken for gone.
  const stays = (container: string): boolean => {
    const state = living.get(container)?.state;
    return away.get(container) === state && (state === 'draining' || state === 'unreachable');
  };
  const gone = new Set([...wanted, ...[...away.keys()].filter((container) => !stays(container))]);
  const known = new Set(unserved.map(({shard}) => shard));
  const found = homeless(gone).filter(({shard}) => !known.has(shard));
  const allowed = Math.max(0, maxUnserved - known.size);
  if (found.length <= allowed) return [];
  const shards = found.map(({shard}) => shard);
  const reasons = [...new Set(found.map(({reason}) => reason))].sort();
  const text = `${counted(shards.length, 'shard')} would find no place (${reasons.join(', ')}): ${firstOf(shards, STRANDED_NAMED)}`;
  return [objection('place', text, shards, allowed)];
}

/** The permissions after a yes: those in force, with the wanted ones new or renewed for the holder. */
export function permitted(
  {wanted, holder}: Pick<StopQuestion, 'wanted' | 'holder'>,
  {living, permissions, wallMs}: Pick<StopSituation, 'living' | 'permissions' | 'wallMs'>,
  lease: {readonly reason: string; readonly leaseMs: number},
): StopPermission[] {
  const kept = permissions.filter((one) => isInForce(one, living, wallMs));
  const others = kept.filter(({container}) => !wanted.includes(container));
  const at = isoTime(wallMs);
  const until = isoTime(wallMs + lease.leaseMs);
  const given = wanted.map((container): StopPermission => {
    const before = kept.find((one) => one.container === container && one.holder === holder);
    const incarnation = living.get(container)?.incarnation ?? '';
    const {reason} = lease;
    if (before === undefined) return {container, incarnation, holder, reason, at, until};
    return {...before, until, ...(reason === '' ? {} : {reason})};
  });
  return [...others, ...given].sort((a, b) => (a.container < b.container ? -1 : 1));
}

/** The permissions without those of the holder for these containers; `containers` empty: without all of the holder's. */
export function released(
  permissions: readonly StopPermission[],
  holder: string,
  containers: readonly string[],
): StopPermission[] {
  return permissions.filter(
    (one) =>
      one.holder !== holder || (containers.length > 0 && !containers.includes(one.container)),
  );
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
