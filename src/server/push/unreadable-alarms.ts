/** Alarms of push containers whose heartbeats cannot be read. Pure. */
import type {PushAlarm} from '../../ownership/push-session.ts';
import {UNREADABLE_MANY, UNREADABLE_NAMED} from './limits.ts';

/** One each while they are few, and one together beyond: anybody may write any number of keys. */
export function unreadableAlarms(
  sessions: readonly {readonly container: string; readonly problem: string}[],
): PushAlarm[] {
  const alarms = sessions.slice(0, UNREADABLE_NAMED).map(({container, problem}): PushAlarm => ({
    code: 'PUSH_UNREADABLE',
    text: `heartbeat of push container ${container} cannot be read: ${problem}`,
  }));
  const more = sessions.length - alarms.length;
  if (more === 0) return alarms;
  // A text that changed with each key would be a new alarm each time.
  const least = UNREADABLE_MANY * Math.floor(more / UNREADABLE_MANY);
  const which = least === 0 ? 'further' : `${least} and more further`;
  const text = `${which} heartbeats of push containers cannot be read`;
  return [...alarms, {code: 'PUSH_UNREADABLE', text}];
}
