/**
 * A second process that goes on from the state of the first, as after a copy of a running machine: it believes that it is the same
 * incarnation. Connections do not live through a copy: what was under way has no answer there.
 */
import type {SessionDriver} from '../../src/container/session-driver.ts';
import {ShardHandle} from '../../src/container/shard.ts';
import type {HeartbeatWrite} from '../../src/ownership/heartbeat.ts';
import type {ContainerSession} from '../../src/ownership/session.ts';

/** The copy of a value with all that hangs on it; functions are shared. */
function copied<T>(value: T, seen = new Map<unknown, unknown>()): T {
  if (typeof value !== 'object' || value === null) return value;
  const known = seen.get(value);
  if (known !== undefined) return known as T;
  const copy: object = Array.isArray(value)
    ? []
    : value instanceof Map
      ? new Map()
      : value instanceof Set
        ? new Set()
        : (Object.create(Object.getPrototypeOf(value) as object) as object);
  seen.set(value, copy);
  if (value instanceof Map)
    for (const [key, one] of value) (copy as Map<unknown, unknown>).set(key, copied(one, seen));
  else if (value instanceof Set)
    for (const one of value) (copy as Set<unknown>).add(copied(one, seen));
  else
    for (const [key, one] of Object.entries(value))
      Object.defineProperty(copy, key, {
        value: copied(one, seen),
        writable: true,
        enumerable: true,
        configurable: true,
      });
  return copy as T;
}

/** Gives `copy`, which has not begun, the state of `original`; answers the shards that it believes to hold. */
export function takeStateOf(
  original: SessionDriver,
  copy: SessionDriver,
  nowMs: number,
): ShardHandle[] {
  const session = copied(original.session);
  Object.defineProperty(copy, 'session', {value: session, configurable: true});
  const handles = copy['handles'];
  for (const [shard, handle] of original['handles']) handles.set(shard, handleOf(handle, copy));
  connectionsLost(session, nowMs);
  return [...handles.values()];
}

function handleOf(handle: ShardHandle, owner: SessionDriver): ShardHandle {
  const {id, task, group, token, number} = handle;
  const spec = {
    ...{id, task, group, service: '', updateTime: 0},
    ...{manualContainerId: '', workerGroup: ''},
  };
  const copy = new ShardHandle(spec, token, number, owner);
  copy.dropped = handle.dropped;
  if (handle.isRevoked) copy.revoke();
  else if (handle.signal.aborted) copy.abort('moved');
  return copy;
}

/** Hooks that ran when the copy was made come to their end in it, too. */
function connectionsLost(session: ContainerSession, nowMs: number): void {
  const inFlight = session.heartbeat['inFlight'];
  if (inFlight !== undefined)
    session.heartbeat.answered(
      {value: inFlight} as unknown as HeartbeatWrite,
      {kind: 'unknown'},
      nowMs,
    );
  for (const [shard, machine] of session.machines) {
    const [question, handle] = [machine['question'], machine['handle']];
    if (question.kind === 'writing')
      session.writeAnswered(shard, question.op, {kind: 'unknown'}, nowMs);
    else if (question.kind === 'reading')
      session.readAnswered(shard, question.op, undefined, nowMs);
    session.workChanged(shard, handle, 0);
    session.addSettled(shard, handle, undefined, nowMs);
    session.dropSettled(shard, handle, undefined, nowMs);
  }
}
