/**
 * Two processes with the id of one container. The one whose session is older has the id. A process of the Go project runs what stands under
 * `s/<id>/` as soon as it starts, and listens to nobody while it waits for its id: then only the alarm is left. Pure.
 */
import type {RaisedAlarm} from '../../model/alarm.ts';
import {DOUBLED_SHOWN_MS} from './limits.ts';
import {oneAlarm} from './session-alarms.ts';

export interface IdHolder {
  readonly container: string;
  readonly create: number;
  /** Newest version of its key. */
  readonly mod: number;
  /** It still waits for its id. */
  readonly waiting: boolean;
}

export class DoubledIds {
  /** Texts by container, in the order in which they were raised. */
  private readonly shown = new Map<string, string>();
  /** The same containers, in the order in which they end. */
  private readonly untilMs = new Map<string, number>();

  /**
   * Whether the id of the session belongs to an older one that lives for certain: it has written since this one came. After a restart the older
   * one is that of a process that is gone, and writes no more. `oldest`: of the container's sessions that do not wait for their id.
   */
  look(one: IdHolder, oldest: IdHolder | undefined, nowMs: number): boolean {
    if (oldest === undefined || one.create <= oldest.create || oldest.mod < one.create)
      return false;
    this.note(one, nowMs);
    return true;
  }

  alarms(nowMs: number): RaisedAlarm[] {
    for (const [container, untilMs] of this.untilMs) {
      if (untilMs >= nowMs) break;
      this.untilMs.delete(container);
      this.shown.delete(container);
    }
    return oneAlarm('PUSH_DUPLICATE_ID', this.shown.values(), this.shown.size);
  }

  private note({container, waiting}: IdHolder, nowMs: number): void {
    const done = waiting
      ? 'it may run the same shards, and answers nobody while it waits for the id: stop it'
      : 'its session was ended';
    this.shown.set(
      container,
      `a second process has the id of push container ${container}; ${done}`,
    );
    this.untilMs.delete(container);
    this.untilMs.set(container, nowMs + DOUBLED_SHOWN_MS);
  }
}
