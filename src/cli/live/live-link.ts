/** The connection of a live view: reconnects for ever, notices silence, says what it does. */
import {messageOf} from '../../model/failure-text.ts';
import {SmError} from '../../model/errors.ts';
import type {LinkEvent} from '../../model/live-link.ts';
import type {LiveMessage} from '../../protocol/admin-live.ts';
import {RemoteError} from '../../admin/remote-error.ts';
import {pause} from '../../runtime/pause.ts';
import {retryWaitMs} from '../retryable.ts';
import {FIRST_WORD_MS, SILENCE_MS} from '../limits.ts';

/** Opens a stream behind the event with this id. */
export type OpenStream = (
  lastEventId: string | undefined,
  signal: AbortSignal,
) => AsyncIterable<LiveMessage>;

export class LiveLink {
  private readonly open: OpenStream;
  private readonly onEvent: (event: LinkEvent<LiveMessage>) => void;
  private readonly daemons: number;
  private readonly closing = new AbortController();
  private attempt = new AbortController();
  private lastEventId: string | undefined;
  private retry = 0;
  private restarted = false;

  /** `daemons`: how many `open` may ask, one after the other. */
  constructor(open: OpenStream, onEvent: (event: LinkEvent<LiveMessage>) => void, daemons = 1) {
    this.open = open;
    this.onEvent = onEvent;
    this.daemons = daemons;
  }

  /**
   * Goes on until `close`.
   * @throws whatever the first attempt fails with, unless that is the silence of a daemon and there is another one; later on what waiting cannot fix when `fatal` says so.
   */
  async run(fatal: (error: unknown) => boolean): Promise<void> {
    let others = this.daemons - 1;
    for (let heardEver = false; !this.closing.signal.aborted;) {
      let reason = 'the daemon has closed the connection';
      try {
        await this.once(() => (heardEver = true));
      } catch (error) {
        if (this.closing.signal.aborted) return;
        const mayAskAnother = !heardEver && isSilence(error) && others-- > 0;
        if (!this.restarted && !mayAskAnother && (!heardEver || fatal(error))) throw error;
        reason = reasonOf(error);
      }
      if (this.closing.signal.aborted) return;
      if (!this.restarted) await this.wait(reason);
    }
  }

  /** Asks anew, for the query has changed: what is shown comes from the start. */
  restart(): void {
    this.lastEventId = undefined;
    this.restarted = true;
    this.attempt.abort();
  }

  close(): void {
    this.closing.abort();
    this.attempt.abort();
  }

  private async once(heard: () => void): Promise<void> {
    this.attempt = new AbortController();
    this.restarted = false;
    const {signal} = this.attempt;
    let silent = false;
    const fallSilent = (): void => {
      silent = true;
      // By this reason the client asks another daemon the next time.
      this.attempt.abort(fellSilent());
    };
    let timer = setTimeout(fallSilent, FIRST_WORD_MS);
    try {
      for await (const message of this.open(this.lastEventId, signal)) {
        clearTimeout(timer);
        timer = setTimeout(fallSilent, SILENCE_MS);
        this.retry = 0;
        heard();
        if (message.type === 'rows' && message.id !== '') this.lastEventId = message.id;
        this.onEvent({type: 'message', message});
      }
      if (silent) throw fellSilent();
    } catch (error) {
      if (!silent) throw error;
      throw fellSilent();
    } finally {
      clearTimeout(timer);
    }
  }

  private async wait(reason: string): Promise<void> {
    const waitMs = retryWaitMs(this.retry);
    this.retry += 1;
    this.onEvent({type: 'lost', reason, retry: this.retry, waitMs});
    this.attempt = new AbortController();
    await pause(waitMs, AbortSignal.any([this.closing.signal, this.attempt.signal]));
    if (!this.closing.signal.aborted) this.onEvent({type: 'trying', retry: this.retry});
  }
}

function isSilence(error: unknown): boolean {
  return error instanceof SmError && error.code === 'TIMEOUT';
}

function fellSilent(): SmError {
  return new SmError('TIMEOUT', 'no more messages from the daemon', {retryable: true});
}

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  ENOTFOUND: 'host not found',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  ETIMEDOUT: 'timed out',
};

function reasonOf(error: unknown): string {
  if (error instanceof RemoteError) return error.failure.message;
  const cause = error instanceof SmError ? error.cause : error;
  const code = (cause as NodeJS.ErrnoException | undefined)?.code ?? '';
  return WORDS[code] ?? messageOf(error);
}
