/** A live view on a terminal, from the first word of the daemon to the terminal as it was before. */
import type {LinkEvent} from '../../model/live-link.ts';
import type {LiveMessage, LiveView} from '../../protocol/admin-live.ts';
import {LiveLink} from './live-link.ts';
import type {OpenStream} from './live-link.ts';
import {TerminalScreen} from './terminal-screen.ts';
import type {ScreenSize} from './painter.ts';
import {FRAME_MS, QUERY_PAUSE_MS, TICK_MS} from '../limits.ts';

/** What the views room gives; commands hand it in, for it is loaded only when a terminal is there to draw on. */
export interface ViewModule {
  openView(
    what: {
      view: LiveView;
      labels: LiveLabels;
      filter: string;
      heard: readonly LinkEvent<LiveMessage>[];
    },
    host: {
      stdin: NodeJS.ReadStream;
      size: () => ScreenSize;
      nowMs: () => number;
      paint: (frame: string) => void;
      onChange: () => void;
      onQuery: (query: ScreenQuery) => void;
      onEnd: (how: 'quit' | 'interrupt') => void;
    },
  ): OpenedView;
}

interface OpenedView {
  take(event: LinkEvent<LiveMessage>): void;
  resized(): void;
  draw(): void;
  close(): void;
}

export interface LiveLabels {
  readonly command: string;
  readonly service: string;
  readonly server: string;
}

export interface ScreenQuery {
  readonly filter: string;
  readonly sort: string;
}

export interface SessionOptions {
  readonly view: LiveView;
  readonly labels: LiveLabels;
  readonly fullScreen: boolean;
  readonly filter: string;
  readonly loadViews: () => Promise<ViewModule>;
  /** Opens the stream; `query` as chosen at the screen so far. */
  readonly open: (query: ScreenQuery | undefined) => OpenStream;
  /** Resolves with an exit code when something else ends the view; rejects when it must fail. */
  readonly until: (signal: AbortSignal) => Promise<number>;
}

/** Resolves with the exit code. @throws whatever the first connection fails with, before anything is drawn. */
export async function runSession(options: SessionOptions): Promise<number> {
  // Read at the import of react: its development build leaks.
  process.env['NODE_ENV'] = 'production';
  const session = new LiveSession(options);
  try {
    return await session.run();
  } finally {
    session.close();
  }
}

class LiveSession {
  private readonly options: SessionOptions;
  private readonly screen: TerminalScreen;
  private readonly link: LiveLink;
  private readonly over = new AbortController();
  private readonly early: LinkEvent<LiveMessage>[] = [];
  private readonly undo: (() => void)[] = [];
  private view: OpenedView | undefined;
  private query: ScreenQuery | undefined;
  private drawTimer: NodeJS.Timeout | undefined;
  private queryTimer: NodeJS.Timeout | undefined;
  private drawnMs = Number.NEGATIVE_INFINITY;
  private end: (exit: number) => void = () => undefined;
  private fail: (error: unknown) => void = () => undefined;

  constructor(options: SessionOptions) {
    this.options = options;
    this.screen = new TerminalScreen(process.stdout, options.fullScreen);
    const open: OpenStream = (lastEventId, signal) => options.open(this.query)(lastEventId, signal);
    this.link = new LiveLink(open, (event) => this.take(event));
  }

  async run(): Promise<number> {
    const ended = new Promise<number>((resolve, reject) => {
      this.end = resolve;
      this.fail = reject;
    });
    this.hearSignals();
    // After the first word, the view stays whatever happens: it is what people look at when things go wrong.
    const running = this.link.run(() => false);
    running.catch((error: unknown) => this.fail(error));
    this.options.until(this.over.signal).then(this.end, this.fail);
    const opened = this.openWhenHeard().catch((error: unknown) => this.fail(error));
    const exit = await ended;
    await opened;
    return exit;
  }

  close(): void {
    this.over.abort();
    clearTimeout(this.drawTimer);
    clearTimeout(this.queryTimer);
    this.link.close();
    this.view?.close();
    this.view = undefined;
    this.screen.stop();
    for (const undo of this.undo) undo();
    process.stdin.pause();
    process.stdin.unref();
  }

  private heard: () => void = () => undefined;

  private async openWhenHeard(): Promise<void> {
    const firstWord = new Promise<void>((resolve) => (this.heard = resolve));
    const views = await this.options.loadViews();
    await firstWord;
    if (this.over.signal.aborted) return;
    this.screen.start();
    const {view, labels, filter} = this.options;
    this.view = views.openView(
      {view, labels, filter, heard: this.early.splice(0)},
      {
        stdin: process.stdin,
        size: () => this.screen.size(),
        nowMs: () => performance.now(),
        paint: (frame) => this.screen.paint(frame),
        onChange: () => this.drawSoon(),
        onQuery: (query) => this.askAnew(query),
        onEnd: (how) => this.end(how === 'quit' ? 0 : 130),
      },
    );
    this.listen(process.stdout, 'resize', () => this.view?.resized());
    const tick = setInterval(() => this.drawSoon(), TICK_MS);
    this.undo.push(() => clearInterval(tick));
  }

  private take(event: LinkEvent<LiveMessage>): void {
    if (this.view === undefined) this.early.push(event);
    else this.view.take(event);
    // A first frame without rows would be drawn for nothing.
    if (event.type === 'message' && event.message.type === 'rows' && !event.message.more)
      this.heard();
  }

  private drawSoon(): void {
    if (this.drawTimer !== undefined) return;
    const waitMs = Math.max(0, this.drawnMs + FRAME_MS - performance.now());
    this.drawTimer = setTimeout(() => {
      this.drawTimer = undefined;
      this.drawnMs = performance.now();
      this.view?.draw();
    }, waitMs);
  }

  private askAnew(query: ScreenQuery): void {
    clearTimeout(this.queryTimer);
    this.queryTimer = setTimeout(() => {
      this.query = query;
      this.link.restart();
    }, QUERY_PAUSE_MS);
  }

  private hearSignals(): void {
    this.listen(process, 'SIGINT', () => this.end(130));
    for (const signal of ['SIGTERM', 'SIGHUP']) this.listen(process, signal, () => this.end(143));
    this.listen(process, 'uncaughtException', (error) => this.fail(error));
    // The terminal has gone: there is nobody to tell.
    for (const stream of [process.stdout, process.stdin])
      this.listen(stream, 'error', () => this.end(143));
    this.listen(process.stdin, 'end', () => this.end(143));
  }

  private listen(
    source: NodeJS.EventEmitter,
    event: string,
    listener: (argument: unknown) => void,
  ): void {
    source.on(event, listener);
    this.undo.push(() => source.removeListener(event, listener));
  }
}
