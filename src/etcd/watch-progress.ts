/**
 * Asks a watch how far it has come. Two answers one after the other count, not one: etcd below 3.4.25 and 3.5.8 may answer before it has sent
 * events that it has queued. For the same reason nothing is asked of a watcher that has just been created and may still be catching up.
 */

import {backOff} from '../model/back-off.ts';
import {ASK_AGAIN_MAX_MS, ASK_AGAIN_MIN_MS, CATCH_UP_MS} from './limits.ts';

type Resolve = (revision: number | undefined) => void;

interface Question {
  readonly askers: readonly Resolve[];
  /** The first of the two answers. */
  first: number | undefined;
}

export class WatchProgress {
  /** Sends the question, if there is a stream to send it on. */
  private readonly send: () => void;
  private waiting: Resolve[] = [];
  private question: Question | undefined;
  private timer: NodeJS.Timeout | undefined;
  /** Times that the question has been sent since the last answer. */
  private sent = 0;
  private createdMs = Number.POSITIVE_INFINITY;
  private closed = false;

  constructor(send: () => void) {
    this.send = send;
  }

  /** Revision up to which everything has been delivered; at least the store's at this call. Undefined when the watch ends. */
  ask(): Promise<number | undefined> {
    if (this.closed) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      this.waiting.push(resolve);
      // Answers to an earlier question may be older than this call.
      if (this.question === undefined) this.next();
    });
  }

  /** The watcher has been created on a stream. */
  created(): void {
    this.createdMs = performance.now();
    if (this.question !== undefined) this.put();
  }

  /** The stream is lost: what it has answered counts no more. */
  streamLost(): void {
    this.sent = 0;
    this.createdMs = Number.POSITIVE_INFINITY;
    if (this.question !== undefined) this.question.first = undefined;
  }

  /** Everything up to the revision has been sent, says the store. */
  answered(revision: number): void {
    const {question} = this;
    if (question === undefined || !this.hasCaughtUp) return;
    this.sent = 0;
    if (question.first === undefined) {
      question.first = revision;
      this.put();
      return;
    }
    this.question = undefined;
    clearTimeout(this.timer);
    for (const resolve of question.askers) resolve(question.first);
    this.next();
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    const askers = [...(this.question?.askers ?? []), ...this.waiting];
    this.question = undefined;
    this.waiting = [];
    for (const resolve of askers) resolve(undefined);
  }

  private get hasCaughtUp(): boolean {
    return performance.now() - this.createdMs >= CATCH_UP_MS;
  }

  private next(): void {
    if (this.waiting.length === 0 || this.closed) return;
    this.question = {askers: this.waiting, first: undefined};
    this.waiting = [];
    this.put();
  }

  private put(): void {
    clearTimeout(this.timer);
    const leftMs = CATCH_UP_MS - (performance.now() - this.createdMs);
    const isCatchingUp = leftMs > 0 && leftMs <= CATCH_UP_MS;
    const waitMs = isCatchingUp
      ? leftMs
      : backOff(this.sent + 1, ASK_AGAIN_MIN_MS, ASK_AGAIN_MAX_MS);
    if (this.hasCaughtUp) {
      this.send();
      this.sent += 1;
    }
    this.timer = setTimeout(() => this.put(), waitMs);
    this.timer.unref();
  }
}
