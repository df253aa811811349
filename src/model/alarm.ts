/**
 * Codes of alarms. Each one has a page `docs/alarms/CODE.md` for whoever is called by it, and an alert in `monitoring/`; a test compares
 * the three lists.
 */
export const ALARM_CODES = [
  'BRAKE',
  'CLOCK_RATE',
  'GOVERNOR_BROKEN',
  'HOLDINGS_DIFFER',
  'PUSH_ADD_SLOW',
  'PUSH_DROP_IGNORED',
  'PUSH_GUARD_LOST',
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
] as const;

export type AlarmCode = (typeof ALARM_CODES)[number];
