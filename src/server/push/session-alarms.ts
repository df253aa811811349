/** What an operator has to know of the sessions of push containers. Pure. */
import type {AppView} from '../../appstate/app-view.ts';
import type {PushAlarm, PushSession} from '../../ownership/push-session.ts';
import {UNREADABLE_MANY, UNREADABLE_NAMED} from './limits.ts';

interface Watched {
  readonly container: string;
  readonly incarnation: string;
  /** Why its newest heartbeat cannot be read; '' when it can. */
  readonly problem: string;
  readonly overQuota: boolean;
  readonly talk: PushSession;
}

type Unreadable = Pick<Watched, 'container' | 'problem'>;

/** By incarnation, the containers that live and cannot be heard: they keep what they have and get nothing new. */
export function sessionProblems(
  sessions: Iterable<Watched>,
  view: AppView,
  nowMs: number,
): Map<string, string> {
  const problems = new Map<string, string>();
  for (const {incarnation, problem, talk} of sessions) {
    if (!view.heartbeats.has(incarnation)) continue;
    if (problem !== '')
      problems.set(incarnation, `has a heartbeat that cannot be read: ${problem}`);
    else if (!talk.beating(nowMs))
      problems.set(incarnation, 'has a session but sends no heartbeats');
  }
  return problems;
}

/** What concerns one of the sessions, and what keeps the heartbeats of `unreadable` from being read. */
export function sessionAlarms(
  sessions: Iterable<Watched>,
  unreadable: ReadonlySet<Unreadable>,
  nowMs: number,
): PushAlarm[] {
  const alarms: PushAlarm[] = [];
  for (const {container, overQuota, talk} of sessions) {
    alarms.push(...talk.alarms(nowMs));
    if (!overQuota) continue;
    const text = `push container ${container} is not accepted: the quota of the app is used up`;
    alarms.push({code: 'PUSH_OVER_QUOTA', text});
  }
  return [...alarms, ...unreadableAlarms(unreadable)];
}

/** One each while they are few, and one together beyond: anybody may write any number of keys. */
function unreadableAlarms(sessions: ReadonlySet<Unreadable>): PushAlarm[] {
  const alarms: PushAlarm[] = [];
  for (const {container, problem} of sessions) {
    if (alarms.length === UNREADABLE_NAMED) break;
    const text = `heartbeat of push container ${container} cannot be read: ${problem}`;
    alarms.push({code: 'PUSH_UNREADABLE', text});
  }
  const more = sessions.size - alarms.length;
  if (more === 0) return alarms;
  // A text that changed with each key would be a new alarm each time.
  const least = UNREADABLE_MANY * Math.floor(more / UNREADABLE_MANY);
  const which = least === 0 ? 'further' : `${least} and more further`;
  const text = `${which} heartbeats of push containers cannot be read`;
  return [...alarms, {code: 'PUSH_UNREADABLE', text}];
}
