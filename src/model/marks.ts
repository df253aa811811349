/** One ASCII mark per state, the same in every view and line: colour alone carries no meaning. */
import type {ContainerState} from './container.ts';
import type {AppHealth} from './health.ts';

/** `+` well, `-` stopped by an operator, `~` on its way out, `!` suspect or stuck, `x` lost or failed, `>` running, `.` queued, `?` unknown. */
export type Mark = '+' | '-' | '~' | '!' | 'x' | '>' | '.' | '?';

const CONTAINER: Readonly<Record<ContainerState, Mark>> = {
  ready: '+',
  waiting: '.',
  cordoned: '-',
  draining: '~',
  leaving: '~',
  suspect: '!',
  silent: '!',
  unreachable: '!',
  refusing: '!',
  lost: 'x',
  unknown: '?',
};

const SHARD: Readonly<Record<string, Mark>> = {
  ready: '+',
  assigned: '.',
  owned: '>',
  dropping: '~',
  free: '.',
  unplaced: '!',
  unknown: '?',
  failed: 'x',
  quarantined: '?',
};

export function containerMark(state: string): Mark {
  return CONTAINER[state as ContainerState] ?? '?';
}

export function shardMark(state: string): Mark {
  return SHARD[state] ?? '?';
}

/** Of a move under way: `assigned` still waits for its container. */
export function moveMark({step, stuck}: {step: string; stuck: boolean}): Mark {
  if (stuck) return '!';
  return step === 'assigned' ? '.' : '>';
}

export function outcomeMark(outcome: string): Mark {
  if (outcome === 'done') return '+';
  return outcome === 'failed' ? 'x' : '-';
}

const APP: Readonly<Record<AppHealth, Mark>> = {
  OK: '+',
  MOVING: '>',
  PAUSED: '-',
  REMOVING: '~',
  TROUBLE: '!',
  UNKNOWN: '?',
};

export function appMark({health}: {readonly health: AppHealth}): Mark {
  return APP[health];
}
