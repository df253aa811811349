/** Carries out what a random session asks for: calls that are lost, late or never answered, and hooks that throw or hang. */
import type {SessionAction} from '../../../src/ownership/session-actions.ts';
import type {ActionOf} from '../session-bed.ts';
import {
  checkAdd,
  checkAsked,
  checkDeregistered,
  checkDrop,
  checkFree,
  checkRemoved,
} from './checks.ts';
import type {World} from './world.ts';

const CALL_LIMIT_MS = 2_000;
const USUAL_TRAVEL_MS = 50;
const LATE_TRAVEL_MS = 15_000;
const HOOK_MS = 200;
const HUNG_HOOK_MS = 40_000;

/** One turn of the session. */
export function turn(world: World): void {
  for (const action of world.session.advance(world.nowMs)) {
    checkAsked(world, action);
    carryOut(world, action);
  }
}

function carryOut(world: World, action: SessionAction): void {
  const {type} = action;
  if (type !== 'heartbeat') world.say(type, ...('shard' in action ? [action.shard] : []));
  if (type === 'heartbeat') beat(world, action);
  else if (type === 'takeId') takeId(world, action);
  else if (type === 'deregister') deregister(world, action);
  else if (type === 'read') read(world, action);
  else if (type === 'write') write(world, action);
  else if (type === 'add') add(world, action);
  else if (type === 'drop') drop(world, action);
  else if (type === 'revoke') revoke(world, action);
  else if (type === 'revokeAll') revokeAll(world);
  else if (type === 'ended') {
    world.ends.push(action.how);
    revokeAll(world);
  }
}

/** What becomes of a call. `answered` is called once, with undefined where the outcome is not known in time. */
function call<Answer>(
  world: World,
  limitMs: number,
  atStore: () => Answer,
  answered: (answer: Answer | undefined) => void,
): void {
  const {timeline} = world;
  let isOver = false;
  const finish = (answer?: Answer) => {
    if (!isOver) answered(answer);
    isOver = true;
  };
  timeline.later('container', limitMs, finish);
  const isAway = world.nowMs < world.awayUntilMs;
  if (world.mishap(isAway ? 0.9 : 0.12)) return;
  const isAnswerLost = world.mishap(isAway ? 0.5 : 0.12);
  const backMs = travelMs(world);
  timeline.later('store', travelMs(world), () => {
    const answer = atStore();
    if (!isAnswerLost) timeline.later('container', backMs, () => finish(answer));
  });
}

function travelMs(world: World): number {
  if (world.isCalm) return 1;
  return world.random.between(0, world.mishap(0.15) ? LATE_TRAVEL_MS : USUAL_TRAVEL_MS);
}

function beat(world: World, {write: attempt}: ActionOf<'heartbeat'>): void {
  const {session, stored} = world;
  const {incarnation, value, timeoutMs} = attempt;
  world.say('heartbeat', incarnation, value.nonce, value.state);
  const atStore = () => {
    const answer = stored.beat(attempt, world.nowMs);
    world.say('at the store: heartbeat', value.nonce, answer.kind);
    return answer;
  };
  call(world, timeoutMs, atStore, (answer) => {
    world.say('answer: heartbeat', value.nonce, answer?.kind ?? 'unknown');
    session.heartbeatAnswered(attempt, answer ?? {kind: 'unknown'}, world.nowMs);
  });
}

function takeId(world: World, action: ActionOf<'takeId'>): void {
  const {session, stored} = world;
  const atStore = () => stored.takeId(action);
  call(world, CALL_LIMIT_MS, atStore, (answer) => {
    world.say('answer: takeId', answer?.kind ?? 'unknown');
    session.idAnswered(action.incarnation, answer ?? {kind: 'unknown'}, world.nowMs);
  });
}

function deregister(world: World, action: ActionOf<'deregister'>): void {
  const {session, stored} = world;
  const atStore = () => {
    const answer = stored.deregister(action);
    world.say('at the store: deregister', answer.kind);
    if (answer.kind === 'committed') checkRemoved(world, 'deregistered');
    checkDeregistered(world, action.incarnation);
    return answer;
  };
  call(world, CALL_LIMIT_MS, atStore, (answer) => {
    session.deregisterAnswered(action.incarnation, answer ?? {kind: 'unknown'}, world.nowMs);
  });
}

function read(world: World, {shard, op}: ActionOf<'read'>): void {
  const {session, stored} = world;
  const atStore = () => stored.read(shard);
  call(world, CALL_LIMIT_MS, atStore, (reading) => {
    world.say('answer: read', shard, reading?.own?.value.state ?? 'unknown');
    if (reading !== undefined) seeCluster(world, reading.cluster);
    session.readAnswered(shard, op, reading, world.nowMs);
  });
}

/** The container has read this cluster record. */
export function seeCluster(
  {session, nowMs}: World,
  {epoch, doubt, mod}: World['stored']['cluster'],
): void {
  session.clusterSeen({epoch, doubt, mod}, nowMs);
}

function write(world: World, {shard, op, transition}: ActionOf<'write'>): void {
  const {session, stored} = world;
  const {kind} = transition;
  const atStore = () => {
    const answer = stored.write(transition);
    world.say('at the store:', kind, shard, answer.kind);
    if (kind === 'free' && answer.kind === 'committed') checkFree(world, shard);
    return answer;
  };
  call(world, CALL_LIMIT_MS, atStore, (answer) => {
    world.say('answer:', kind, shard, answer?.kind ?? 'unknown');
    session.writeAnswered(shard, op, answer ?? {kind: 'unknown'}, world.nowMs);
  });
}

function add(world: World, {shard, handle}: ActionOf<'add'>): void {
  checkAdd(world, shard);
  const mine = {handle, hook: 'adding' as const, isRevoked: false, isLapsed: false};
  world.handles.set(shard, mine);
  settle(world, (error) => {
    Object.assign(mine, {hook: 'added'});
    world.say('added', shard, error ?? '');
    world.session.addSettled(shard, handle, error, world.nowMs);
  });
}

function drop(world: World, {shard, handle}: ActionOf<'drop'>): void {
  const mine = checkDrop(world, shard, handle);
  mine.hook = 'dropping';
  settle(world, (error) => {
    mine.hook = error === undefined ? 'none' : 'added';
    world.say('dropped', shard, error ?? '');
    world.session.dropSettled(shard, handle, error, world.nowMs);
  });
}

/** A hook returns; `error`: it has thrown. */
function settle(world: World, returned: (error: string | undefined) => void): void {
  const mostMs = world.mishap(0.1) ? HUNG_HOOK_MS : HOOK_MS;
  const waitMs = world.isCalm ? 10 : world.random.between(0, mostMs);
  world.timeline.later('container', waitMs, () =>
    returned(world.mishap(0.2) ? 'the hook throws' : undefined),
  );
}

function revoke({handles}: World, {shard, handle}: ActionOf<'revoke'>): void {
  const found = handles.get(shard);
  if (found?.handle === handle) found.isRevoked = true;
}

function revokeAll({handles}: World): void {
  for (const handle of handles.values()) handle.isRevoked = true;
}
