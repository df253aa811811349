/** The sessions of push containers as their machine knows them, and what it wants done. */
import type {RaisedAlarm} from '../../model/alarm.ts';
import type {KeyValue} from '../../store/port.ts';
import type {ProxySubject} from './proxy-heartbeat.ts';
import type {OpenSession} from './push-work.ts';

/** News of one session's key; `entry` undefined: it is gone, as of `mod`. */
export interface SessionChange {
  readonly key: string;
  readonly container: string;
  readonly lease: string;
  readonly entry: KeyValue | undefined;
  readonly mod: number;
}

export interface Session extends OpenSession {
  /** Newest version of its key. */
  mod: number;
  /** It still waits for its id. */
  waiting: boolean;
  /** Why its newest heartbeat cannot be read; '' when it can. */
  problem: string;
  /** It has sent a heartbeat that could be read. */
  readable: boolean;
  /** What it may run while it has not: all that was recorded at its container when it came, or since. */
  readonly presumed: Set<string>;
  renewedAtMs: number;
  /** It is not registered: the app has as many as its quota lets it have. */
  overQuota: boolean;
  /** An operator's eviction has been seen, or the app goes: it is not registered again. */
  evicted: boolean;
}

export type ProxyAction =
  | {readonly type: 'opened' | 'ended'; readonly session: Session}
  /** Create, promote or renew its proxy heartbeat; `kept` when that has been answered. */
  | {readonly type: 'keep'; readonly session: Session}
  /** Take the next steps of all its shards. */
  | {readonly type: 'look'; readonly session: Session}
  /**
   * End it, which is all the Go project's containers understand: the app goes and the session has no shards, or it is a second one of an id
   * that beats.
   */
  | {readonly type: 'endSession'; readonly session: Session; readonly why: string}
  /** It has ended and will be evicted soon: delete what its container keeps of its shards in the store. */
  | {readonly type: 'deleteStored'; readonly subject: ProxySubject}
  /** The app goes: delete the proxy heartbeat of a session that has ended. */
  | {readonly type: 'remove'; readonly subject: ProxySubject}
  | {readonly type: 'startGuard'}
  /** What the container's machine bears, as it says itself. */
  | {
      readonly type: 'figures';
      readonly incarnation: string;
      readonly own: Readonly<Record<string, unknown>>;
    }
  /** What an operator has to know now, and which containers get nothing new, with the reason. */
  | {
      readonly type: 'alarms';
      readonly alarms: readonly RaisedAlarm[];
      readonly problems: ReadonlyMap<string, string>;
    };
