/**
 * Two processes with the id of one container. The one whose session is older has the id. A process of the Go project runs what stands under
 * `s/<id>/` as soon as it starts, and listens to nobody while it waits for its id: then only the alarm is left. Pure.
 */
import type {PushAlarm} from '../../ownership/push-session.ts';
import {DOUBLED_SHOWN_MS} from './limits.ts';

export interface IdHolder {
  readonly container: string;
  readonly key: string;
  readonly create: number;
  /** Newest version of its key. */
  readonly mod: number;
  /** It still waits for its id. */
  readonly waiting: boolean;
}

interface Doubled {
  readonly text: string;
  readonly untilMs: number;
}

export class DoubledIds {
  /** By container. */
  private readonly shown = new Map<string, Doubled>();

  /**
   * Sessions whose id belongs to an older one that lives for certain: it has written since they came. After a restart the older one is that
   * of a process that is gone, and writes no more. `groups`: the sessions of each container.
   */
  look<T extends IdHolder>(groups: Iterable<ReadonlySet<T>>, nowMs: number): T[] {
    const seconds: T[] = [];
    for (const group of groups) if (group.size > 1) seconds.push(...secondsOf(group));
    for (const one of seconds) this.note(one, nowMs);
    return seconds;
  }

  alarms(nowMs: number): PushAlarm[] {
    const alarms: PushAlarm[] = [];
    for (const [container, {text, untilMs}] of this.shown)
      if (untilMs < nowMs) this.shown.delete(container);
      else alarms.push({code: 'PUSH_DUPLICATE_ID', text});
    return alarms;
  }

  private note({container, waiting}: IdHolder, nowMs: number): void {
    const done = waiting
      ? 'it may run the same shards, and answers nobody while it waits for the id: stop it'
      : 'its session was ended';
    const text = `a second process has the id of push container ${container}; ${done}`;
    this.shown.set(container, {text, untilMs: nowMs + DOUBLED_SHOWN_MS});
  }
}

function secondsOf<T extends IdHolder>(group: ReadonlySet<T>): T[] {
  let holder: T | undefined;
  for (const one of group)
    if (!one.waiting && (holder === undefined || one.create < holder.create)) holder = one;
  if (holder === undefined) return [];
  const {create, mod} = holder;
  return [...group].filter((one) => one.create > create && mod >= one.create);
}
