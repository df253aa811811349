/**
 * How far a stream has been shown. A revision may hold many events, and a connection may break between two of them: the stream is opened again before
 * the newest revision, and what has been shown of it is not shown again. Pure.
 */

export interface Streamed {
  readonly revision: string;
  readonly type?: string;
}

/** Said by the daemon: all up to their revision has been sent, or is given up. */
const MARKS: ReadonlySet<string | undefined> = new Set(['hello', 'gap', 'store']);

export class StreamCursor {
  /** All up to here has been shown. */
  private whole: string | undefined;
  private newest: string | undefined;
  /** What has been shown of the newest revision. */
  private shown = new Set<string>();
  private repeats = false;

  /** Where to open the stream; undefined: nothing has come yet. */
  get after(): string | undefined {
    return this.whole ?? this.newest;
  }

  /** The stream is opened at `after`. */
  opens(): void {
    this.repeats = this.after !== this.newest;
  }

  /** Whether the event is to be shown. */
  takes(event: Streamed): boolean {
    const {revision, type} = event;
    if (MARKS.has(type)) {
      if (revision !== this.whole) this.forgetNewest();
      this.whole = revision;
      return true;
    }
    if (revision !== this.newest) this.begin(revision);
    const text = JSON.stringify(event);
    if (this.repeats && this.shown.has(text)) return false;
    this.shown.add(text);
    return true;
  }

  private begin(revision: string): void {
    const before = this.newest;
    this.forgetNewest();
    this.newest = revision;
    if (before !== undefined) this.whole = before;
  }

  private forgetNewest(): void {
    this.newest = undefined;
    this.shown = new Set();
    this.repeats = false;
  }
}
