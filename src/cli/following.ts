/** Following a stream for ever: reconnects by itself, and says once that it is interrupted and once that it is back. */
import {failureText} from '../model/failure-text.ts';
import {pause} from '../runtime/pause.ts';
import {neverHeard} from './call-limit.ts';
import {endWithReader} from './lost-output.ts';
import type {StoreWord} from '../protocol/admin.ts';
import {isRetryable, retryWaitMs} from './retryable.ts';
import {StreamCursor} from './stream-cursor.ts';
import type {Streamed} from './stream-cursor.ts';

/**
 * Shows every event, resuming behind the last one after a lost connection, until Ctrl-C or for `limitMs`. @returns which of them has ended it.
 * @throws whatever the first connection throws: what never stood is not waited for; SmError TIMEOUT where nothing was heard until the time was over.
 */
export async function followStream<Event extends Streamed>(
  open: (after: string | undefined, signal: AbortSignal) => AsyncIterable<Event>,
  show: (event: Event) => void,
  say: (text: string) => void,
  limitMs: number | undefined,
): Promise<'interrupted' | 'over'> {
  await endWithReader();
  const stop = new AbortController();
  let ended: 'interrupted' | 'over' = 'over';
  let isHeard = false;
  const take = (event: Event): void => {
    isHeard = true;
    show(event);
  };
  const cut = (): void => {
    ended = 'interrupted';
    stop.abort();
  };
  process.once('SIGINT', cut);
  const timer = limitMs === undefined ? undefined : setTimeout(() => stop.abort(), limitMs);
  try {
    await followUntil(open, take, say, stop.signal);
  } finally {
    clearTimeout(timer);
    process.removeListener('SIGINT', cut);
  }
  if (ended === 'over' && !isHeard && limitMs !== undefined) throw neverHeard(limitMs);
  return ended;
}

/** As `followStream`, until the signal is aborted. */
export async function followUntil<Event extends Streamed>(
  open: (after: string | undefined, signal: AbortSignal) => AsyncIterable<Event>,
  show: (event: Event) => void,
  say: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const cursor = new StreamCursor();
  let lostMs: number | undefined;
  for (let failures = 0; !signal.aborted; failures += 1) {
    let why = 'the daemon has ended it';
    const {after} = cursor;
    cursor.opens();
    try {
      for await (const event of open(after, signal)) {
        if (lostMs !== undefined) say(backText(performance.now() - lostMs, after, event.revision));
        lostMs = undefined;
        failures = 0;
        if (cursor.takes(event)) show(event);
      }
    } catch (error) {
      if (signal.aborted) return;
      if (cursor.after === undefined || !isRetryable(error)) throw error;
      why = failureText(error);
    }
    if (signal.aborted) return;
    if (lostMs === undefined)
      say(`the stream is interrupted: ${why}; connecting again until it is back`);
    lostMs ??= performance.now();
    await pause(retryWaitMs(failures), signal);
  }
}

/** The daemon goes on behind `after`, unless its store is behind that. */
function backText(lostMs: number, after: string | undefined, revision: string): string {
  const back = `the stream is back after ${Math.ceil(lostMs / 1_000)} s`;
  return after !== undefined && BigInt(revision) < BigInt(after)
    ? `${back}; something may be missing: the store was at revision ${after} and is at ${revision}`
    : `${back}: what happened meanwhile follows; where something may be missing, a line says so`;
}

/** What is said of the store of a daemon that stays connected. */
function storeText({ok, since, reason, at}: Omit<StoreWord, 'type' | 'revision'>): string {
  if (!ok)
    return `the stream is interrupted since ${since}: ${reason}; the daemon goes on by itself once that is over`;
  return `the stream is back at ${at}, after an interruption since ${since}: what happened meanwhile is shown; where something may be missing, a line says so`;
}

/** Where the events of a stream are shown; a command gives its own. */
export interface StreamOutput {
  readonly isForPeople: boolean;
  /** A line for people, the event itself for programs. */
  readonly showLine: (event: object, line: string) => void;
  readonly say: (text: string) => void;
}

/** Shows one event. What it says of the daemon's store stands on stderr; programs get it among the events, too. */
export function showStreamed<Event extends {readonly type: string}>(
  event: Event | StoreWord,
  lineOf: (event: Event) => string,
  {isForPeople, showLine, say}: StreamOutput,
): void {
  if (!isStoreWord(event)) return showLine(event, lineOf(event));
  say(storeText(event));
  if (!isForPeople) showLine(event, '');
}

function isStoreWord(event: {readonly type: string}): event is StoreWord {
  return event.type === 'store';
}
