/** Alarms for people: each cause once. Pure. */

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
  return [...groups.values()].map(rowOf);
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
