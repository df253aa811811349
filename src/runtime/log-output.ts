/** Where a daemon's log goes. Whatever becomes of it, the daemon goes on: lines that cannot be written are counted, and lost. */
import {closeSync, openSync} from 'node:fs';
import {isatty} from 'node:tty';
import type {Writable} from 'node:stream';
import {pause} from './pause.ts';
import {LOG_BACKLOG_CHARACTERS, LOG_DRAIN_LOOK_MS, LOSS_WARNING_INTERVAL_MS} from './limits.ts';
import {Throttle} from './throttle.ts';

/** The stream of a log, as far as it is used. A terminal's and a pipe's have a handle that may block. */
type LogStream = Pick<Writable, 'write' | 'writableLength' | 'on' | 'removeAllListeners'> & {
  readonly _handle?: {setBlocking?: (blocking: boolean) => void} | null;
};

let lost = 0;

/** Log lines of this process that could not be written. */
export function lostLogLines(): number {
  return lost;
}

/** A destination for a logger. */
export class LogOutput {
  private readonly stream: LogStream;
  private readonly warn: (text: string) => void;
  /** Descriptors that are one: of a closed terminal that cannot be asked any more. */
  private readonly terminals = [0, 1, 2].filter((descriptor) => isatty(descriptor));
  private readonly warnings = new Throttle(LOSS_WARNING_INTERVAL_MS);

  /** `warn` says where the log should have been heard, at most once a minute, that lines are lost. */
  constructor(stream: LogStream, warn: (text: string) => void) {
    this.stream = stream;
    this.warn = warn;
    // Node lets a terminal that was stopped (Ctrl-S) stop the program that writes to it.
    stream._handle?.setBlocking?.(false);
    stream.removeAllListeners('error');
    // The line whose writing failed is counted by its own callback.
    stream.on('error', () => undefined);
  }

  write(line: string): void {
    if (this.stream.writableLength > LOG_BACKLOG_CHARACTERS) this.lose('nobody reads it');
    else
      this.stream.write(line, (error: NodeJS.ErrnoException | null | undefined) => {
        if (error === null || error === undefined) return;
        this.lose(error.message);
        if (error.code === 'EIO') leaveClosedTerminal(this.terminals.splice(0));
      });
  }

  /** Resolves when nothing waits any more, to true, or after this time, to false. */
  async drained(limitMs: number): Promise<boolean> {
    const endMs = performance.now() + limitMs;
    while (this.stream.writableLength > 0 && performance.now() < endMs)
      await pause(LOG_DRAIN_LOOK_MS);
    return this.stream.writableLength === 0;
  }

  private lose(why: string): void {
    lost += 1;
    if (this.warnings.passes())
      this.warn(`sm: continuing without a log, which cannot be written: ${why}`);
  }
}

/**
 * A terminal that was closed never comes back, and Node aborts when it ends with one (it puts the terminal's mode back as it was): nothing
 * takes the terminal's place.
 */
function leaveClosedTerminal(descriptors: readonly number[]): void {
  for (const descriptor of descriptors) {
    closeSync(descriptor);
    // The lowest free number is given: the one that was just closed.
    openSync('/dev/null', 'r+');
  }
}
