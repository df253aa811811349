/** What operators and machines do in the life of a world, apart from faults. */
import type {Fleet} from './fleet.ts';

export interface OperatorAct {
  readonly atMs: number;
  readonly act:
    | 'start container'
    | 'leave'
    | 'shut down'
    | 'kill'
    | 'pin'
    | 'cordon'
    | 'drain'
    | 'undo'
    | 'add shard'
    | 'remove shard'
    | 'evict';
  /** A container, daemon or shard. */
  readonly of: string;
  /** Where the shard is pinned; '' for nowhere. */
  readonly to?: string;
}

export function act(fleet: Fleet, {act: what, of, to = ''}: OperatorAct): void {
  const container = fleet.containers.get(of);
  const daemon = fleet.daemons.get(`${of}:1`);
  fleet.world.note(`operator: ${what} ${of}`);
  if (what === 'start container') fleet.startContainer(of);
  else if (what === 'leave') container?.leave();
  else if (what === 'shut down') daemon?.shutdown();
  else if (what === 'pin') fleet.putShard(of, {manualContainerId: to});
  else if (what === 'add shard') fleet.putShard(of);
  else if (what === 'remove shard') fleet.removeShard(of);
  else if (container !== undefined && what === 'evict') fleet.evict(container);
  else if (what === 'kill') {
    if (container !== undefined) fleet.restartContainer(container, RESTART_MS);
    if (daemon !== undefined) fleet.restartDaemon(daemon, RESTART_MS);
  } else if (what !== 'evict') fleet.order(of, what === 'undo' ? undefined : what);
}

const RESTART_MS = 500;
