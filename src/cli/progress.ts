/**
 * How far long work has come, on stderr. On a terminal one line that is drawn in place: a word at once, after a second with
 * a bar, count and ETA. Elsewhere one line per change.
 */
import {visible} from '../model/visible.ts';
import {BAR_FROM_MS, BAR_WIDTH_COLUMNS, PROGRESS_COLUMNS_DEFAULT, REDRAW_MS} from './limits.ts';

export interface ProgressState {
  /** What is waited for, or done now. */
  readonly text: string;
  readonly done?: number;
  readonly total?: number;
}

/** Where progress goes; process.stderr has this shape. */
export interface ProgressStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

const SPINNER = ['-', '\\', '|', '/'];
const CLEAR = '\r\u001b[2K';

export class Progress {
  private readonly stream: ProgressStream;
  private readonly nowMs: () => number;
  private readonly startedMs: number;
  private state: ProgressState | undefined;
  private firstDone = 0;
  private printed = '';
  private frame = 0;
  private timer: NodeJS.Timeout | undefined;
  private cut: ((text: string, width: number) => string) | undefined;

  constructor(stream: ProgressStream = process.stderr, nowMs = () => performance.now()) {
    this.stream = stream;
    this.nowMs = nowMs;
    this.startedMs = nowMs();
  }

  update(state: ProgressState): void {
    if (this.state === undefined) this.firstDone = state.done ?? 0;
    this.state = state;
    if (this.stream.isTTY !== true) this.writeLine();
    else if (this.cut === undefined) void this.drawFirst();
    else this.draw();
  }

  /** Takes the line back; what follows begins on a clean one. */
  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    if (this.stream.isTTY === true && this.state !== undefined) this.stream.write(CLEAR);
    this.state = undefined;
  }

  private writeLine(): void {
    const line = this.line();
    if (line === this.printed) return;
    this.printed = line;
    this.stream.write(`${line}\n`);
  }

  /** What measures text is loaded only where a line is drawn: it takes a third of the time of a small command. */
  private async drawFirst(): Promise<void> {
    ({cut: this.cut} = await import('../model/text-width.ts'));
    if (this.state !== undefined) this.draw();
  }

  private draw(): void {
    if (this.timer === undefined) {
      this.timer = setInterval(() => this.draw(), REDRAW_MS);
      this.timer.unref();
    }
    const bar = this.nowMs() - this.startedMs < BAR_FROM_MS ? '' : this.bar();
    const width = (this.stream.columns ?? 0) || PROGRESS_COLUMNS_DEFAULT;
    this.stream.write(CLEAR + (this.cut?.(`${bar}${this.line()}`, width - 1) ?? ''));
  }

  private line(): string {
    const {text = '', done, total} = this.state ?? {};
    if (done === undefined || total === undefined || total === 0) return visible(text);
    const etaMs = this.stream.isTTY === true ? this.etaMs(done, total) : undefined;
    const eta = etaMs === undefined ? '' : `, eta ${durationText(etaMs)}`;
    return visible(`${done} of ${total}${eta}: ${text}`);
  }

  private bar(): string {
    const {done, total} = this.state ?? {};
    this.frame += 1;
    if (done === undefined || total === undefined || total === 0)
      return `${SPINNER[this.frame % SPINNER.length] ?? '-'} `;
    const filled = Math.round((BAR_WIDTH_COLUMNS * Math.min(done, total)) / total);
    return `[${'#'.repeat(filled)}${'.'.repeat(BAR_WIDTH_COLUMNS - filled)}] `;
  }

  /** From the pace since the start; undefined while there is none. */
  private etaMs(done: number, total: number): number | undefined {
    const moved = done - this.firstDone;
    const tookMs = this.nowMs() - this.startedMs;
    return moved <= 0 || tookMs < BAR_FROM_MS ? undefined : ((total - done) * tookMs) / moved;
  }
}

/** `45s`, `1m40s`, `2h05m`. */
export function durationText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m${String(seconds % 60).padStart(2, '0')}s`;
  return `${Math.floor(minutes / 60)}h${String(minutes % 60).padStart(2, '0')}m`;
}
