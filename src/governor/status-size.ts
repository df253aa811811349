/**
 * Keeps a summary below what etcd's readers take without harm, in bytes: names may be long and of several bytes a
 * character. What does not fit is left out from the end of each list, and counted.
 */
import type {AlarmCode} from '../model/alarm.ts';
import {utf8Length} from '../model/ids.ts';
import type {MoveWait} from '../model/move-wait.ts';
import {said} from '../model/said.ts';
import type {AppUsage} from '../model/quota.ts';
import type {AppStatus, ContainerStatus, QuietStatus, StatusList} from '../model/status.ts';
import {
  ALARMS_AT_LEAST_BYTES,
  CONTAINERS_AT_LEAST_BYTES,
  CUT_NOTE_BYTES,
  FAILED_AT_LEAST_BYTES,
  QUARANTINED_AT_LEAST_BYTES,
  STATUS_LIMIT_BYTES,
  TEXT_SHOWN_CHARACTERS,
  UNPLACED_AT_LEAST_BYTES,
} from './limits.ts';

/** Code of the alarm that something which only the governor knows was left out. */
export const SUMMARY_CUT = 'SUMMARY_CUT' satisfies AlarmCode;
/**
 * Bytes that each list may always take; what the lists leave over goes to the first that need more. Readers count failed
 * and unreadable values themselves and ask the planner for the reasons that are missing: what only the governor knows comes first.
 */
const SHARES: readonly (readonly [StatusList, number])[] = [
  ['alarms', ALARMS_AT_LEAST_BYTES],
  ['containers', CONTAINERS_AT_LEAST_BYTES],
  ['quarantined', QUARANTINED_AT_LEAST_BYTES],
  ['failed', FAILED_AT_LEAST_BYTES],
  ['unplaced', UNPLACED_AT_LEAST_BYTES],
];

/** Everything there is to say, before anything is cut; lists may end early where `totals` says how many there are. */
export interface FullStatus extends Pick<
  AppStatus,
  'governor' | 'at' | 'settled' | 'unplaced' | 'failed' | 'quarantined' | 'alarms'
> {
  readonly quiet?: QuietStatus | undefined;
  readonly waits?: readonly MoveWait[] | undefined;
  readonly usage?: AppUsage | undefined;
  /** By container id, the worst states first. */
  readonly containers: readonly (readonly [string, ContainerStatus])[];
  readonly totals: Readonly<Record<StatusList, number>>;
}

/** The summary to store: at most 64 KB. `omitted` counts what is left out of each list. */
export function fittingStatus(full: FullStatus, limitBytes = STATUS_LIMIT_BYTES): AppStatus {
  const {governor, at, settled, quiet, waits = [], usage, totals} = full;
  const bare: AppStatus = {
    ...{v: 1, governor, at, containers: {}, unplacedCount: totals.unplaced, unplaced: []},
    ...{failed: [], quarantined: [], alarms: [], settled},
    ...said({quiet, waits: [...waits], usage}),
  };
  const sizes = new Map(SHARES.map(([list]) => [list, full[list].map(sizeInList)]));
  let spareBytes = limitBytes - bytesOf(bare) - CUT_NOTE_BYTES;
  for (const [list, share] of SHARES) spareBytes -= Math.min(share, sum(sizes.get(list)));
  const kept = new Map<StatusList, readonly unknown[]>();
  for (const [list, share] of SHARES) {
    const wanted = sum(sizes.get(list));
    const budget = Math.min(wanted, share + Math.max(0, spareBytes));
    spareBytes -= Math.max(0, budget - share);
    kept.set(list, whatFits(full[list], sizes.get(list) ?? [], budget));
  }
  const containers = Object.fromEntries(kept.get('containers') as FullStatus['containers']);
  const lists = Object.fromEntries([...kept].filter(([list]) => list !== 'containers'));
  return withCutNoted({...bare, ...lists, containers}, totals);
}

/** The items that fit; one that is too large leaves its place to those behind it. */
function whatFits(items: readonly unknown[], sizes: readonly number[], budget: number): unknown[] {
  let left = budget;
  return items.filter((_, at) => {
    const size = sizes[at] ?? 0;
    if (size > left) return false;
    left -= size;
    return true;
  });
}

/** Only what nobody but the governor knows is worth an alarm. */
function withCutNoted(status: AppStatus, totals: FullStatus['totals']): AppStatus {
  const omitted: Partial<Record<StatusList, number>> = {};
  for (const [list] of SHARES) {
    const shown = Object.keys(status[list]).length;
    if (totals[list] > shown) omitted[list] = totals[list] - shown;
  }
  if (Object.keys(omitted).length === 0) return status;
  if (omitted.alarms === undefined && omitted.containers === undefined) return {...status, omitted};
  const text = `the summary has no room for ${omitted.containers ?? 0} of ${totals.containers} containers that are not plainly ready and ${omitted.alarms ?? 0} of ${totals.alarms} alarms`;
  return {
    ...status,
    omitted,
    alarms: [{code: SUMMARY_CUT, text, since: status.at}, ...status.alarms],
  };
}

/** Foreign text, cut where it is long, with the cut shown. */
export function shownText(text: string): string {
  if (text.length <= TEXT_SHOWN_CHARACTERS) return text;
  // Half a character at the cut would be stored as an escape.
  return `${text.slice(0, TEXT_SHOWN_CHARACTERS - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}

/** With its comma; in the map of containers that is a little too much. */
function sizeInList(item: unknown): number {
  return bytesOf(item) + 1;
}

function sum(sizes: readonly number[] = []): number {
  return sizes.reduce((total, size) => total + size, 0);
}

function bytesOf(value: unknown): number {
  return utf8Length(JSON.stringify(value));
}
