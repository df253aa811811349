/** Answers under way: what callers have not taken yet may fill only so much of the memory. */
import type {ServerInterceptor, status} from '@grpc/grpc-js';
import {failure} from './failures.ts';
import {
  ANSWERS_LIMIT_BYTES,
  ANSWER_ENVELOPE_BYTES,
  SMALL_ANSWER_BYTES,
  TAKEN_BYTES_PER_SECOND,
  UNTAKEN_MS,
} from './limits.ts';

/** One answer that is being sent. */
interface Answer {
  readonly bytes: number;
  /** Monotonic; from then on it makes room for others. */
  readonly cutAfterMs: number;
  cut(): void;
}

export class Answers {
  bytes = 0;
  /** Since the start: refused because there was no room, cut off because they were not taken. */
  readonly ended = {refused: 0, cut: 0};
  private readonly underWay = new Set<Answer>();
  private readonly limitBytes: number;
  private readonly nowMs: () => number;

  constructor(nowMs: () => number, limitBytes = ANSWERS_LIMIT_BYTES) {
    this.nowMs = nowMs;
    this.limitBytes = limitBytes;
  }

  /** Undefined: there is no room. `cut` ends it where it is not taken; the answer calls `done` once it is taken or its call has ended. */
  admit(bytes: number, cut: () => void): {done(): void} | undefined {
    if (this.isFull(bytes)) this.freeCapacity(bytes);
    if (this.isFull(bytes) && bytes > SMALL_ANSWER_BYTES) {
      this.ended.refused += 1;
      return undefined;
    }
    const cutAfterMs = this.nowMs() + UNTAKEN_MS + (1_000 * bytes) / TAKEN_BYTES_PER_SECOND;
    const answer = {bytes, cutAfterMs, cut};
    this.underWay.add(answer);
    this.bytes += bytes;
    return {done: () => this.done(answer)};
  }

  private isFull(bytes: number): boolean {
    return this.bytes > 0 && this.bytes + bytes > this.limitBytes;
  }

  /** The oldest first; no more than is needed. */
  private freeCapacity(bytes: number): void {
    const nowMs = this.nowMs();
    for (const answer of this.underWay) {
      if (!this.isFull(bytes)) return;
      if (answer.cutAfterMs > nowMs) continue;
      this.ended.cut += 1;
      this.done(answer);
      answer.cut();
    }
  }

  private done(answer: Answer): void {
    if (this.underWay.delete(answer)) this.bytes -= answer.bytes;
  }
}

/** The parts of gRPC's call that its types keep to themselves. */
interface SendingCall {
  readonly stream: {
    readonly closed: boolean;
    readonly destroyed: boolean;
    once(event: 'close', listener: () => void): void;
    close(code?: number): void;
  };
  sendMessage(message: unknown, callback: () => void): void;
  sendStatus(sent: {code: status; details: string; metadata: null}): void;
}

const CANCEL = 8;

/** Takes the place of an interceptor to see when an answer has gone out, which no interceptor sees. */
export function countAnswers(answers: Answers): ServerInterceptor {
  return (_method, call) => {
    const sending = call as unknown as SendingCall;
    const send = sending.sendMessage.bind(call);
    // A watch sends messages for as long as it lives: one listener for the stream, not one for each.
    const underWay = new Set<() => void>();
    let isFollowed = false;
    const follow = (stream: SendingCall['stream']): void => {
      if (isFollowed) return;
      isFollowed = true;
      stream.once('close', () => {
        for (const done of underWay) done();
      });
    };
    sending.sendMessage = (message, callback) => {
      const {stream} = sending;
      // Nobody waits for it any more. gRPC drops it without a word, and no end of the stream is to come that would take it off.
      if (stream.closed || stream.destroyed) return send(message, callback);
      const admitted = answers.admit(sizeOf(message), () => stream.close(CANCEL));
      if (admitted === undefined) {
        const {code, message: details} = failure('answersFull');
        sending.sendStatus({code, details, metadata: null});
        return;
      }
      const done = (): void => {
        underWay.delete(done);
        admitted.done();
      };
      underWay.add(done);
      follow(stream);
      send(message, () => {
        done();
        callback();
      });
    };
    return call as ReturnType<ServerInterceptor>;
  };
}

interface Pair {
  readonly key?: Uint8Array;
  readonly value?: Uint8Array;
}

interface Message {
  readonly kvs?: readonly Pair[];
  readonly prev_kvs?: readonly Pair[];
  readonly events?: readonly {readonly kv?: Pair; readonly prev_kv?: Pair}[];
  readonly responses?: readonly Readonly<Record<string, Message | string | undefined>>[];
}

/** About as many bytes as it takes on the line. */
export function sizeOf(message: unknown): number {
  const {kvs = [], prev_kvs = [], events = [], responses = []} = message as Message;
  let bytes = ANSWER_ENVELOPE_BYTES;
  for (const pair of kvs) bytes += pairBytes(pair);
  for (const pair of prev_kvs) bytes += pairBytes(pair);
  for (const {kv, prev_kv} of events) bytes += pairBytes(kv) + pairBytes(prev_kv);
  for (const response of responses)
    for (const part of Object.values(response)) if (typeof part === 'object') bytes += sizeOf(part);
  return bytes;
}

function pairBytes(pair: Pair | undefined): number {
  if (pair === undefined) return 0;
  return ANSWER_ENVELOPE_BYTES + (pair.key?.length ?? 0) + (pair.value?.length ?? 0);
}
