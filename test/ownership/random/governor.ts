/** A governor of two containers: it evicts who is silent, gives shards to the one that is walked, and takes some of them back. */
import {silenceMs} from '../../../src/model/container.ts';
import type {OwnershipRecord, OwnershipState, Versioned} from '../../../src/model/ownership.ts';
import {TTL_MS} from '../session-bed.ts';
import {checkGiven, checkRemoved} from './checks.ts';
import {OTHER, SHARDS} from './world.ts';
import type {World} from './world.ts';

const LOOK_EVERY_MS = 300;
const LATE_LOOK_MS = 1_500;
const LATE_HINT_MS = 3_000;

/** Looks at everything, now and from time to time. */
export function govern(world: World): void {
  for (const incarnation of world.stored.heartbeats.keys()) evictSilent(world, incarnation);
  for (const shard of SHARDS) place(world, shard);
  const waitMs = world.isCalm ? LOOK_EVERY_MS : world.random.between(0, LATE_LOOK_MS);
  world.timeline.later('store', waitMs, () => govern(world));
}

function evictSilent(world: World, incarnation: string): void {
  const {stored, session, nowMs} = world;
  const changedAtMs = stored.heartbeats.get(incarnation)?.changedAtMs ?? nowMs;
  if (nowMs - changedAtMs <= silenceMs(TTL_MS) || world.mishap(0.5)) return;
  world.say('governor: evicts', incarnation);
  if (incarnation === session.incarnation) checkRemoved(world, 'evicted');
  stored.removeHeartbeat(incarnation);
}

function place(world: World, shard: string): void {
  const {stored, session} = world;
  const record = stored.records.get(shard)?.value;
  if (record === undefined || record.state === 'free') give(world, shard, record !== undefined);
  else if (record.incarnation === OTHER) takeFromOther(world, shard);
  else if (!stored.heartbeats.has(record.incarnation)) {
    if (!world.mishap(0.5)) give(world, shard, true);
  } else if (record.incarnation === session.incarnation) ask(world, shard, record);
}

/** Nobody has it. */
function give(world: World, shard: string, mayGoToOther: boolean): void {
  const {stored, session} = world;
  const isReady = stored.heartbeats.get(session.incarnation)?.value.state === 'ready';
  const isMine = stored.id?.holder === session.incarnation;
  if (isReady && isMine && !world.mishap(0.3)) return put(world, shard, 'assigned');
  const goesToOther = world.isCalm ? world.asked.size > 0 : world.mishap(0.3);
  if (mayGoToOther && goesToOther) put(world, shard, 'owned', OTHER);
}

function takeFromOther(world: World, shard: string): void {
  const isWanted = (world.isCalm && world.asked.size === 0) || world.random.chance(0.3);
  if (isWanted) put(world, shard, 'free', OTHER);
}

/** The walked container has it: it may be asked back, and is told of what it has to do. */
function ask(world: World, shard: string, record: OwnershipRecord): void {
  const {stored, session} = world;
  const isLeaving = stored.heartbeats.get(session.incarnation)?.value.state === 'leaving';
  if (isLeaving && record.state === 'assigned') return put(world, shard, 'owned', OTHER);
  if (record.state === 'owned' && (isLeaving || world.mishap(0.1))) put(world, shard, 'dropping');
  const now = stored.records.get(shard);
  if (now !== undefined && !isServed(now.value) && !world.mishap(0.2)) hint(world, shard, now);
}

function isServed({state, ready}: OwnershipRecord): boolean {
  return state === 'owned' && ready;
}

function hint(world: World, shard: string, {value, mod}: Versioned<OwnershipRecord>): void {
  const {session, random, timeline} = world;
  const {incarnation} = session;
  const withRecord = value.state === 'assigned' && random.chance(0.7);
  const waitMs = world.isCalm ? 1 : random.between(0, LATE_HINT_MS);
  timeline.later('container', waitMs, () =>
    session.hint(incarnation, shard, mod, withRecord ? () => value : undefined),
  );
}

function put(world: World, shard: string, state: OwnershipState, incarnation?: string): void {
  const {stored, bed, session} = world;
  world.say('governor:', shard, state, incarnation ?? session.incarnation);
  const isOther = incarnation === OTHER;
  if (isOther) checkGiven(world, shard);
  const fields = isOther ? {container: 'c2', incarnation: OTHER, ready: true} : {};
  stored.records.set(shard, bed.record(state, fields));
}
