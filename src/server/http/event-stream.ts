/** Server-sent events over one reply. */
import {once} from 'node:events';
import type {FastifyReply} from 'fastify';
import {SmError} from '../../model/errors.ts';
import {errorAnswer} from '../../protocol/http-refusals.ts';
import {internalError} from './failures.ts';
import {jsonText} from './json-text.ts';
import {STREAM_KEEP_ALIVE_MS, WRITTEN_KEPT_BYTES} from './limits.ts';

/** The bytes of events that go to many callers, made once: the newest of them. */
const written = new Map<readonly object[], Buffer>();
let writtenBytes = 0;

/**
 * Writes events until the source ends or the caller hangs up. Waits while the caller reads slowly. The first event is
 * awaited before the answer begins, so that an operational failure still is an ordinary error answer; a later one is the last event.
 * Events that come together are one write; an array that goes to several callers, with the same `idOf`, is made text once.
 * @throws what the source throws while anyone listens.
 */
export async function sendEvents<Event extends {readonly type: string}>(
  reply: FastifyReply,
  events: AsyncIterable<readonly Event[]>,
  idOf: (event: Event) => string,
  signal: AbortSignal,
): Promise<void> {
  const iterator = events[Symbol.asyncIterator]();
  let next = await iterator.next();
  reply.hijack();
  const {raw} = reply;
  raw.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'x-request-id': reply.request.id,
    // nginx would gather 8 KiB before it passes anything on.
    'x-accel-buffering': 'no',
    // Nothing follows a stream; an idle connection would hold up a shutdown.
    connection: 'close',
  });
  const beat = setInterval(() => raw.write(': still here\n\n'), STREAM_KEEP_ALIVE_MS);
  // Whoever may hear no more hears no more, also while the source has nothing to say.
  const end = (): void => {
    clearInterval(beat);
    raw.end();
  };
  signal.addEventListener('abort', end, {once: true});
  if (signal.aborted) end();
  try {
    while (next.done !== true && !signal.aborted) {
      if (!raw.write(bytesOf(next.value, idOf))) await once(raw, 'drain', {signal});
      next = await iterator.next();
    }
  } catch (error) {
    if (signal.aborted) return;
    raw.write(failureFrame(error, reply.request.id));
    throw error;
  } finally {
    signal.removeEventListener('abort', end);
    end();
    await iterator.return?.();
  }
}

function bytesOf<Event extends {readonly type: string}>(
  events: readonly Event[],
  idOf: (event: Event) => string,
): Buffer {
  const known = written.get(events);
  if (known !== undefined) return known;
  const bytes = Buffer.from(events.map((event) => frame(event, idOf(event))).join(''));
  written.set(events, bytes);
  writtenBytes += bytes.length;
  for (const [oldest, {length}] of written) {
    if (writtenBytes <= WRITTEN_KEPT_BYTES || oldest === events) break;
    written.delete(oldest);
    writtenBytes -= length;
  }
  return bytes;
}

/** Without an id, Last-Event-ID stays what it was. */
function frame(event: {readonly type: string}, id: string): string {
  const head = id === '' ? '' : `id: ${id}\n`;
  return `${head}event: ${event.type}\ndata: ${jsonText(event)}\n\n`;
}

function failureFrame(error: unknown, requestId: string): string {
  const known = error instanceof SmError ? error : internalError();
  return `event: error\ndata: ${JSON.stringify(errorAnswer(known, requestId))}\n\n`;
}
