/**
 * What comes on the stream of a watch, in its order: short responses at once, long ones in slices. While those are taken in the stream is paused, so that the rest
 * waits in etcd and not in this process.
 */
import {runInSlices} from '../runtime/slices.ts';
import {EVENTS_AT_ONCE} from './limits.ts';
import type {IDuplexWatchStream, WatchResponse} from './wire.ts';

export class WatchIntake {
  private readonly stream: Pick<IDuplexWatchStream, 'pause' | 'resume'>;
  private readonly taking: (response: WatchResponse) => Generator<undefined, undefined>;
  /** The first is being taken in. */
  private readonly waiting: WatchResponse[] = [];

  /** `taking`: takes a response in, by steps. */
  constructor(stream: WatchIntake['stream'], taking: WatchIntake['taking']) {
    this.stream = stream;
    this.taking = taking;
  }

  take(response: WatchResponse): void {
    if (this.waiting.length === 0 && response.events.length <= EVENTS_AT_ONCE) {
      const steps = this.taking(response);
      while (steps.next().done !== true);
      return;
    }
    this.waiting.push(response);
    if (this.waiting.length > 1) return;
    this.stream.pause();
    void runInSlices(this.steps()).then(() => this.stream.resume());
  }

  private *steps(): Generator<undefined, undefined> {
    for (let [next] = this.waiting; next !== undefined; [next] = this.waiting) {
      yield* this.taking(next);
      this.waiting.shift();
      yield;
    }
  }
}
