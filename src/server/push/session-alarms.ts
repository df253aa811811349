/** What an operator has to know of the sessions of push containers: one alarm for each kind, however many they are. Passive. */
import type {AppView} from '../../appstate/app-view.ts';
import type {AlarmCode, RaisedAlarm} from '../../model/alarm.ts';
import type {PushSession} from '../../ownership/push-session.ts';
import {SESSIONS_NAMED} from './limits.ts';

interface Watched {
  readonly container: string;
  readonly incarnation: string;
  /** Why its newest heartbeat cannot be read; '' when it can. */
  readonly problem: string;
  readonly overQuota: boolean;
  readonly talk: PushSession;
}

/** By incarnation, the containers that live and cannot be heard, or do not answer to adds: they keep what they have and get nothing new. */
export function sessionProblems(
  sessionOf: (incarnation: string) => Watched | undefined,
  view: AppView,
  nowMs: number,
): Map<string, string> {
  const problems = new Map<string, string>();
  for (const incarnation of view.heartbeats.keys()) {
    const session = sessionOf(incarnation);
    if (session === undefined) continue;
    const {problem: unreadable, talk} = session;
    if (unreadable !== '')
      problems.set(incarnation, `has a heartbeat that cannot be read: ${unreadable}`);
    else if (!talk.beating(nowMs))
      problems.set(incarnation, 'has a session but sends no heartbeats');
    else {
      const problem = talk.addProblem ?? talk.firstAddProblem(nowMs);
      if (problem !== undefined) problems.set(incarnation, problem);
    }
  }
  return problems;
}

/** Kept from one look at a session to the next: not all have their turn at each tick. */
export class SessionAlarms<T extends Watched> {
  /** Texts by code and session, in the order in which they were raised. */
  private readonly raised = new Map<AlarmCode, Map<T, string>>();
  private readonly codesOf = new Map<T, ReadonlySet<AlarmCode>>();

  /** Takes all that concerns the session now. `isShown`: it may be a container; of any other key it is said only that nobody can read it. */
  look(session: T, isShown: boolean, nowMs: number): void {
    const {container, overQuota, problem} = session;
    const alarms = isShown ? session.talk.alarms(nowMs) : [];
    if (overQuota) {
      const text = `push container ${container} is not accepted: the quota of the app is used up`;
      alarms.push({code: 'PUSH_OVER_QUOTA', text});
    }
    if (problem !== '') {
      const text = `heartbeat of push container ${container} cannot be read: ${problem}`;
      alarms.push({code: 'PUSH_UNREADABLE', text});
    }
    this.set(session, alarms);
  }

  ended(session: T): void {
    this.set(session, []);
  }

  all(): RaisedAlarm[] {
    return [...this.raised].flatMap(([code, texts]) => oneAlarm(code, texts.values(), texts.size));
  }

  private set(session: T, alarms: readonly RaisedAlarm[]): void {
    const codes = new Set(alarms.map(({code}) => code));
    for (const code of this.codesOf.get(session) ?? [])
      if (!codes.has(code)) this.raised.get(code)?.delete(session);
    for (const {code, text} of alarms) {
      const texts = this.raised.get(code) ?? new Map<T, string>();
      this.raised.set(code, texts.set(session, text));
    }
    if (codes.size === 0) this.codesOf.delete(session);
    else this.codesOf.set(session, codes);
  }
}

/**
 * One alarm with the first of the texts and about how many more there are: anybody may write any number of keys, and a text that changed with
 * each of them would be a new alarm each time. None without texts.
 */
export function oneAlarm(code: AlarmCode, texts: Iterable<string>, count: number): RaisedAlarm[] {
  if (count === 0) return [];
  const named: string[] = [];
  for (const text of texts) if (named.push(text) === SESSIONS_NAMED) break;
  const more = count - named.length;
  if (more > 0) named.push(`and at least ${10 ** Math.floor(Math.log10(more))} more`);
  return [{code, text: named.join('; ')}];
}
