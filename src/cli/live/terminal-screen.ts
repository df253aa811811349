/** The terminal while a live view has it, and as it was afterwards, however that ends. */
import {writeSync} from 'node:fs';
import {
  ENTER_ALTERNATE,
  HIDE_CURSOR,
  LEAVE_ALTERNATE,
  SHOW_CURSOR,
  paintFull,
  paintInline,
} from './painter.ts';
import type {Painted, ScreenSize} from './painter.ts';
import {COLUMNS_DEFAULT, ROWS_DEFAULT} from '../limits.ts';

export class TerminalScreen {
  private readonly stdout: NodeJS.WriteStream;
  private readonly fullScreen: boolean;
  private painted: Painted | undefined;
  private open = false;
  private readonly restore = (): void => this.restoreNow();

  constructor(stdout: NodeJS.WriteStream, fullScreen: boolean) {
    this.stdout = stdout;
    this.fullScreen = fullScreen;
  }

  /** Takes the terminal, at first and whenever it was given back: what stands on it by then is not known. */
  start(): void {
    this.open = true;
    this.painted = undefined;
    this.stdout.write((this.fullScreen ? ENTER_ALTERNATE : '') + HIDE_CURSOR);
    process.once('exit', this.restore);
  }

  /** Some terminals say 0x0. */
  size(): ScreenSize {
    const columns = this.stdout.columns || Number(process.env['COLUMNS']) || COLUMNS_DEFAULT;
    return {columns, rows: this.stdout.rows || Number(process.env['LINES']) || ROWS_DEFAULT};
  }

  paint(frame: string): void {
    if (!this.open || this.stdout.writableNeedDrain) return;
    const next = {lines: frame.split('\n'), size: this.size()};
    const text = this.fullScreen ? paintFull(this.painted, next) : paintInline(this.painted, next);
    this.painted = next;
    this.stdout.write(text);
  }

  stop(): void {
    if (!this.open) return;
    this.open = false;
    process.removeListener('exit', this.restore);
    this.stdout.write(this.ending);
  }

  /** On the way out of the process: only what is written synchronously still arrives. */
  private restoreNow(): void {
    if (!this.open) return;
    this.open = false;
    try {
      writeSync(1, this.ending);
    } catch {
      // The terminal is gone: nothing is left to restore.
    }
  }

  private get ending(): string {
    return (this.fullScreen ? LEAVE_ALTERNATE : '') + SHOW_CURSOR;
  }
}
