/** A live view on a terminal, from the first word of the daemon to the terminal as it was before. */
import type {LinkEvent} from '../../model/live-link.ts';
import type {LiveMessage, LiveView} from '../../protocol/admin-live.ts';
import {gate} from '../../runtime/gate.ts';
import {hearStops, stopJob} from './job-control.ts';
import {LiveLink} from './live-link.ts';
import type {OpenStream} from './live-link.ts';
import {TerminalScreen} from './terminal-screen.ts';
import {FRAME_MS, QUERY_PAUSE_MS, TICK_MS} from '../limits.ts';

/** Loaded only when a terminal is there to draw on. */
const loadViews = () => import('../../views/index.tsx');
type OpenedView = ReturnType<Awaited<ReturnType<typeof loadViews>>['openView']>;

export interface ScreenQuery {
  readonly filter: string;
  readonly sort: string;
}

export interface SessionOptions {
  readonly view: LiveView;
  readonly labels: {readonly command: string; readonly service: string; readonly server: string};
  readonly fullScreen: boolean;
  readonly filter: string;
  /** How many there are to ask. */
  readonly daemons: number;
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
  private readonly ended = gate<number>();
  private readonly heard = gate();

  constructor(options: SessionOptions) {
    this.options = options;
    this.screen = new TerminalScreen(process.stdout, options.fullScreen);
    const open: OpenStream = (lastEventId, signal) => options.open(this.query)(lastEventId, signal);
    this.link = new LiveLink(open, (event) => this.take(event), options.daemons);
  }

  async run(): Promise<number> {
    const {promise, resolve: end, reject: fail} = this.ended;
    this.hearSignals();
    // After the first word, the view stays whatever happens: it is what people look at when things go wrong.
    this.link.run(() => false).catch(fail);
    this.options.until(this.over.signal).then(end, fail);
    const opened = this.openWhenHeard().catch(fail);
    const exit = await promise;
    this.over.abort();
    // A daemon that has said nothing so far is not waited for.
    this.heard.resolve();
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

  private async openWhenHeard(): Promise<void> {
    const {openView} = await loadViews();
    await this.heard.promise;
    if (this.over.signal.aborted) return;
    // Before the terminal is changed: who is stopped without hearing it leaves it as it is.
    this.undo.push(hearStops({giveBack: () => this.giveBack(), takeAgain: () => this.takeAgain()}));
    this.screen.start();
    const {view, labels, filter} = this.options;
    this.view = openView(
      {view, labels, filter, heard: this.early.splice(0)},
      {
        stdin: process.stdin,
        size: () => this.screen.size(),
        nowMs: () => performance.now(),
        paint: (frame) => this.screen.paint(frame),
        onChange: () => this.drawSoon(),
        onQuery: (query) => this.askAnew(query),
        onEnd: (how) => this.ended.resolve(how === 'quit' ? 0 : 130),
        onSuspend: stopJob,
      },
    );
    this.listen(process.stdout, 'resize', () => this.view?.resized());
    const tick = setInterval(() => this.drawSoon(), TICK_MS);
    this.undo.push(() => clearInterval(tick));
  }

  private giveBack(): void {
    process.stdin.setRawMode(false);
    this.screen.stop();
  }

  private takeAgain(): void {
    // Raw mode may have been lost unseen: only what changes is set.
    process.stdin.setRawMode(false);
    process.stdin.setRawMode(true);
    this.screen.start();
    // While another job had the terminal, no signal came for a new size.
    process.kill(process.pid, 'SIGWINCH');
    this.view?.resized();
    this.view?.draw();
  }

  private take(event: LinkEvent<LiveMessage>): void {
    if (this.view === undefined) this.early.push(event);
    else this.view.take(event);
    // A first frame without rows would be drawn for nothing.
    if (event.type === 'message' && event.message.type === 'rows' && !event.message.more)
      this.heard.resolve();
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
    const {resolve: end, reject: fail} = this.ended;
    this.listen(process, 'SIGINT', () => end(130));
    for (const signal of ['SIGTERM', 'SIGHUP']) this.listen(process, signal, () => end(143));
    this.listen(process, 'uncaughtException', (error) => fail(error as Error));
    // The terminal has gone: there is nobody to tell.
    for (const stream of [process.stdout, process.stdin])
      this.listen(stream, 'error', () => end(143));
    this.listen(process.stdin, 'end', () => end(143));
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
