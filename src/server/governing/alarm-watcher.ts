/** From one summary of a governor to the next: which alarms were raised and which have ended. Pure. */
import type {AlarmEvent} from '../../model/audit.ts';
import type {Alarm, AppStatus} from '../../model/status.ts';

/** Newly raised ones as they are now, ended ones as they were last. The text of one alarm may change while it lasts. */
export function alarmEvents(
  before: readonly Alarm[],
  {alarms, at}: Pick<AppStatus, 'alarms' | 'at'>,
): AlarmEvent[] {
  const known = new Map(before.map((alarm) => [identity(alarm), alarm]));
  const events: AlarmEvent[] = [];
  const now = new Set<string>();
  for (const alarm of alarms) {
    const id = identity(alarm);
    if (!known.has(id) && !now.has(id)) events.push(event(alarm, 'raised', at));
    now.add(id);
  }
  for (const [id, alarm] of known) if (!now.has(id)) events.push(event(alarm, 'cleared', at));
  return events;
}

/** Which shard has waited longest may change while the alarm lasts; of others the container says which it is. */
function identity({code, object, text}: Alarm): string {
  if (code === 'UNSERVED' || code === 'QUARANTINE' || code === 'SUMMARY_CUT') return code;
  return `${code}/${object ?? text}`;
}

function event(
  {code, text, since, object = ''}: Alarm,
  state: AlarmEvent['state'],
  at: string,
): AlarmEvent {
  return {kind: 'alarm', at, code, text, object, since, state};
}
