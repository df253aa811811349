/** What keeps a planned move from beginning, as data and in a sentence. The sentence is made here and nowhere else. */

/** What refuses a move, in the order in which it is asked. Where it is a setting it has the name of that. */
export const MOVE_BUDGETS = [
  /** The record of the shard is being written. */
  'writing',
  /** The shard does not serve yet where it runs. */
  'notReady',
  /** An operator does not want the move. */
  'cancelled',
  'paused',
  /** Many containers seem lost. */
  'brake',
  'quietTime',
  'drainOrder',
  /** The container has not proved itself. */
  'trial',
  /** `--max-moving` of a drain. */
  'drain.maxMoving',
  'slowStart',
  /** Containers that leave give away so many at once; no setting. */
  'departures',
  'maxMoving',
  /** Hooks of the container do not end. */
  'overdue',
  'moving.perMinute',
  'moving.zone',
  'moving.container',
  /** Pause after the plan of a large app. */
  'planPause',
  /** Nothing: it begins as soon as its governor has come to it. */
  'turn',
] as const;

export type MoveBudget = (typeof MOVE_BUDGETS)[number];

/** They keep moves for balance back, and moves that are not needed; no drain waits for them. */
export const NOT_LIMITING_DRAINS: ReadonlySet<MoveBudget> = new Set([
  ...(['notReady', 'cancelled', 'paused', 'brake', 'quietTime', 'moving.container'] as const),
]);

export interface MoveWait {
  readonly budget: MoveBudget;
  /** Container or zone whose budget it is; '' for the app's. */
  readonly of: string;
  /** How many count now, and the most; 0 and 0 where nothing is counted. */
  readonly used: number;
  readonly limit: number;
}

export function waitFor(budget: MoveBudget, of = '', used = 0, limit = 0): MoveWait {
  return {budget, of, used, limit};
}

/** `maxMoving (10 of 10)`. */
export function waitName({budget, of, used, limit}: MoveWait): string {
  const about = of === '' ? budget : `${budget} of ${of}`;
  return limit === 0 ? about : `${about} (${used} of ${limit})`;
}

/** What the sentence names besides. */
export interface WaitContext {
  readonly app: string;
  /** Of the app's quiet time; undefined: not known, or over. */
  readonly quiet?: {readonly until: string; readonly why: string} | undefined;
}

/** What it waits for, and what changes that, in a sentence. */
export function waitText(wait: MoveWait, {app, quiet}: WaitContext): string {
  const {of, used, limit} = wait;
  const most = `${used} of ${limit}`;
  const policy = (field: string): string =>
    `; to change it: placement.${field}, sm app update ${app} --placement-file FILE`;
  switch (wait.budget) {
    case 'writing':
      return 'a write of its record that is under way';
    case 'notReady':
      return 'its shard, which is not ready where it runs';
    case 'cancelled':
      return 'nothing: an operator has cancelled it';
    case 'paused':
      return `the app, which is paused; sm app resume ${app} ends that`;
    case 'brake':
      return 'containers that may be lost: many were lost within a short time, and until that is over nothing moves for balance';
    case 'quietTime':
      return `the end of the quiet time${quietEnd(quiet)}${policy('quietTime')}`;
    case 'drainOrder':
      return `the drain of ${of}, which was ordered first${policy('drainOrder')}`;
    case 'trial':
      return `the trial of ${of}: until a shard has become ready there, it gets one running shard at a time`;
    case 'drain.maxMoving':
      return `the drain of ${of}, of which ${most} shards move at once; sm container drain ${of} -a ${app} --max-moving N changes it`;
    case 'slowStart':
      return `${of}: ${most} shards are on their way to it, and more follow as these become ready${policy('slowStart')}`;
    case 'departures':
      return `shards of containers that leave: ${most} are under way`;
    case 'maxMoving':
      return `maxMoving: ${most} planned moves of the app are under way; sm app update ${app} --max-moving N changes it`;
    case 'overdue':
      return `overdue hooks of ${of}: ${most} of its moves are under way; sm container get ${of} -a ${app} names them`;
    case 'moving.perMinute':
      return `moving.perMinute: ${most} have begun within a minute${policy('moving.perMinute')}`;
    case 'moving.zone':
      return `moving.zone: ${most} moves with an end in zone ${of} are under way${policy('moving.zone')}`;
    case 'moving.container':
      return `moving.container: ${most} moves with an end at ${of} are under way${policy('moving.container')}`;
    case 'planPause':
      return 'the next plan: after a large one the governor pauses';
    case 'turn':
      return 'its turn: nothing keeps it from beginning';
  }
}

/** What the governor has put down of its queue: `moves wait for maxMoving (10 of 10)`; '' for nothing. */
export function waitsText(waits: readonly MoveWait[]): string {
  return waits.length === 0 ? '' : `moves wait for ${waits.map(waitName).join(', ')}`;
}

function quietEnd(quiet: WaitContext['quiet']): string {
  if (quiet === undefined) return '';
  return quiet.until === '' ? ` (${quiet.why})` : ` at ${quiet.until} (${quiet.why})`;
}
