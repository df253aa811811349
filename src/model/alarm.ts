/**
 * Codes of alarms. Each one has a page in docs/alarms for whoever is called by it, and an alert in `monitoring/`; a test compares
 * the three lists.
 */
export const ALARM_CODES = [
  'BRAKE',
  'CLOCK_RATE',
  'GOVERNOR_BROKEN',
  'HOLDINGS_DIFFER',
  'HOLDINGS_UNKNOWN',
  'LOAD_REJECTED',
  'PUSH_ADD_SLOW',
  'PUSH_DROP_IGNORED',
  'PUSH_DUPLICATE_ID',
  'PUSH_GUARD_LOST',
  'PUSH_OVER_QUOTA',
  'PUSH_STALE',
  'PUSH_STRAY',
  'PUSH_UNREACHABLE',
  'PUSH_UNREADABLE',
  'QUARANTINE',
  'REFUSING',
  'STORE_RESTORED',
  'STUCK',
  'SUMMARY_CUT',
  'UNREACHABLE',
  'UNSERVED',
] as const;

export type AlarmCode = (typeof ALARM_CODES)[number];

/** An alarm as it is raised; who shows it adds since when. */
export interface RaisedAlarm {
  readonly code: AlarmCode;
  readonly text: string;
}

/** Path of the page of an alarm or an alert, in the repository and in the package. */
export function alarmPage(code: string): string {
  return `docs/alarms/${code}.md`;
}
