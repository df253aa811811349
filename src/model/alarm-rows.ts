/** Alarms for people: each cause once. Pure. */
import {ROWS_PER_ALARM} from './limits.ts';

interface ShownAlarm {
  readonly service: string;
  readonly code: string;
  readonly text: string;
  /** RFC 3339; '' where it is not known. */
  readonly since: string;
  /** '' where it is about the app as a whole. */
  readonly object: string;
  readonly fix: string;
}

/** Alarms of one app with one cause. */
export interface AlarmRow {
  readonly service: string;
  /** Each once. */
  readonly codes: readonly string[];
  /** Since when, and the text of each. */
  readonly text: string;
  readonly fix: string;
}

/** Alarms about shards and containers have one cause where one way leads out of them: a drop that hangs is STUCK, and soon UNSERVED. */
export function alarmRows(alarms: readonly ShownAlarm[]): AlarmRow[] {
  const groups = new Map<string, ShownAlarm[]>();
  for (const [at, alarm] of alarms.entries()) {
    const {service, object, fix} = alarm;
    const key = object === '' || fix === '' ? String(at) : JSON.stringify([service, fix]);
    groups.set(key, [...(groups.get(key) ?? []), alarm]);
  }
  return firstOfEach([...groups.values()].map(rowOf));
}

/** What strikes many containers of an app at once is not a row for each: the first few, and how many more. */
function firstOfEach(rows: readonly AlarmRow[]): AlarmRow[] {
  const kindOf = ({service, codes}: AlarmRow): string => JSON.stringify([service, codes]);
  const counts = new Map<string, number>();
  const shown = rows.filter((row) => {
    const count = (counts.get(kindOf(row)) ?? 0) + 1;
    counts.set(kindOf(row), count);
    return count <= ROWS_PER_ALARM;
  });
  return shown.flatMap((row, at) => {
    const more = (counts.get(kindOf(row)) ?? 0) - ROWS_PER_ALARM;
    const isLast = shown.findLastIndex((one) => kindOf(one) === kindOf(row)) === at;
    if (more <= 0 || !isLast) return [row];
    const fix = `look first for what they have in common; sm app get ${row.service} -o json has them all`;
    return [row, {...row, text: `and ${more} more like this`, fix}];
  });
}

function rowOf(alarms: readonly ShownAlarm[]): AlarmRow {
  const all = (name: 'code' | 'text'): string[] => [...new Set(alarms.map((one) => one[name]))];
  const [{service, fix} = {service: '', fix: ''}] = alarms;
  const [since = ''] = alarms
    .map((one) => one.since)
    .filter((one) => one !== '')
    .sort();
  const text = `${since === '' ? '' : `since ${since}: `}${all('text').join('; ')}`;
  return {service, codes: all('code'), text, fix};
}
