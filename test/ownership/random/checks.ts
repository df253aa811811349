/**
 * What holds whatever happens to a container:
 * - no shard is given to another, and no heartbeat removed, while a handle of it may still act;
 * - `add` is called only within the right to act, for a shard that no hook runs for and nobody else owns, and never after the end;
 * - `drop` is called only for what was added and runs no other hook;
 * - a record is freed only while no hook runs;
 * - a handle whose right to act has ended during its `drop` never gets it back;
 * - nothing is written to a doubted store, nothing is asked by one that has lost its heartbeat, and no heartbeat is sent once everything is let go;
 * - a heartbeat that is deregistered is gone, and so is its id.
 *
 * And once everything has been calm for long: who was asked to leave has ended, once, and holds no id; who was not serves every shard.
 */
import {BEATING} from '../../../src/ownership/session-actions.ts';
import type {SessionAction} from '../../../src/ownership/session-actions.ts';
import {SHARDS} from './world.ts';
import type {Handle, World} from './world.ts';

type ActionType = SessionAction['type'];
const WRITES: ReadonlySet<ActionType> = new Set(['write', 'takeId', 'deregister', 'heartbeat']);

/** The session asks for this. */
export function checkAsked({session}: World, {type}: SessionAction): void {
  if (session.isHalted && WRITES.has(type)) throw new Error(`${type} in a doubted store`);
  if (session.phase === 'unregistered' && (type === 'read' || WRITES.has(type)))
    throw new Error(`${type} without a heartbeat`);
  if (type === 'heartbeat' && !BEATING.has(session.phase))
    throw new Error(`heartbeat while ${session.phase}`);
}

/** The store has answered a deregister of the incarnation. */
export function checkDeregistered({stored}: World, incarnation: string): void {
  if (stored.heartbeats.has(incarnation))
    throw new Error('deregistered, and its heartbeat is left');
  if (stored.id?.holder === incarnation) throw new Error('deregistered, and its id is left');
}

export function checkAdd(world: World, shard: string): void {
  const hook = world.handles.get(shard)?.hook ?? 'none';
  if (world.ended) throw new Error(`add of ${shard} after the end`);
  if (hook !== 'none') throw new Error(`add of ${shard} while ${hook}`);
  if (!world.mayAct) throw new Error(`add of ${shard} without the right to act`);
  const owner = world.stored.records.get(shard)?.value;
  if (owner?.state === 'owned' && owner.incarnation !== world.session.incarnation)
    throw new Error(`add of ${shard}, which ${owner.incarnation} owns`);
}

/** The handle whose `drop` may be called. */
export function checkDrop({handles}: World, shard: string, handle: number): Handle {
  const found = handles.get(shard);
  if (found?.handle !== handle) throw new Error(`drop of ${shard} under handle ${handle}`);
  if (found.hook !== 'added') throw new Error(`drop of ${shard} while ${found.hook}`);
  return found;
}

/** The store is about to free the shard. */
export function checkFree({handles}: World, shard: string): void {
  const hook = handles.get(shard)?.hook ?? 'none';
  if (hook !== 'none') throw new Error(`${shard} is freed while ${hook}`);
}

/** The shard goes to another container. */
export function checkGiven(world: World, shard: string): void {
  if (world.mayAct && isAlive(world.handles.get(shard))) throw new Error(`two owners of ${shard}`);
}

/** The heartbeat is being removed: by the container itself, or by a governor that has waited for it. */
export function checkRemoved(world: World, how: 'deregistered' | 'evicted'): void {
  for (const [shard, handle] of world.handles)
    if (world.mayAct && isAlive(handle)) throw new Error(`${how} while ${shard} may act`);
}

/** A turn is over. */
export function checkHandles(world: World): void {
  for (const [shard, handle] of world.handles) {
    if (handle.hook !== 'dropping' || handle.isRevoked) continue;
    if (!world.mayAct) handle.isLapsed = true;
    else if (handle.isLapsed) throw new Error(`the handle of ${shard} may act again`);
  }
}

/** Everything has been calm for long. */
export function checkEnd(world: World): void {
  const {ends, asked, session, stored} = world;
  const [end] = ends;
  if (ends.length > 1) throw new Error(`ends as ${ends.join(' and as ')}`);
  if (end === 'cloned') throw new Error('takes its own heartbeat for another process');
  if (end === undefined && (asked.has('leave') || asked.has('evict')))
    throw new Error(`is ${session.phase} for ever`);
  if (end === undefined || asked.size === 0) return checkServing(world);
  if (!stored.heartbeats.has(session.incarnation) && stored.id?.holder === session.incarnation)
    throw new Error(`${end}, and its id is left`);
}

function checkServing({session, stored, handles}: World): void {
  if (session.phase !== 'ready' || !session.acting)
    throw new Error(`is ${session.phase}${session.acting ? '' : ' and fenced'} for ever`);
  for (const shard of SHARDS) {
    const record = stored.records.get(shard)?.value;
    const isMine = record?.incarnation === session.incarnation && record.state === 'owned';
    const handle = handles.get(shard);
    if (isMine && record.ready && handle?.hook === 'added' && !handle.isRevoked) continue;
    throw new Error(`${shard} is not served: ${JSON.stringify({record, handle})}`);
  }
}

function isAlive(handle: Handle | undefined): boolean {
  return handle !== undefined && !handle.isRevoked && handle.hook !== 'none';
}
