/** The file of `audit.file`: one JSON line for each audit entry, whatever the level of the log. The daemon goes on where it cannot be written. */
import {accessSync, constants} from 'node:fs';
import {dirname} from 'node:path';
import {pino} from 'pino';
import {SmError} from '../model/errors.ts';
import type {Logger} from './log-port.ts';
import {AUDIT_FILE_BACKLOG_BYTES, LOSS_WARNING_INTERVAL_MS} from './limits.ts';
import {pathStats} from './stats.ts';
import {Throttle} from './throttle.ts';

const MODE = 0o600;

let lost = 0;

/** Lines of this process that the file has not taken. */
export function lostAuditLines(): number {
  return lost;
}

/** @throws SmError INVALID_CONFIG: no line can be added to that file. */
export function checkAuditFile(path: string): void {
  const problem = problemOf(path);
  if (problem === undefined) return;
  throw new SmError('INVALID_CONFIG', `audit.file ${path} ${problem}`, {
    hint: 'name a file that the user of the daemon may write, in a directory that exists',
  });
}

function problemOf(path: string): string | undefined {
  try {
    const known = pathStats(path);
    // To open a pipe would wait for a reader.
    if (known !== undefined && !known.isFile()) return 'is not a plain file';
    accessSync(known === undefined ? dirname(path) : path, constants.W_OK);
    return undefined;
  } catch (error) {
    return `cannot be written: ${(error as NodeJS.ErrnoException).code ?? String(error)}`;
  }
}

export class AuditFile {
  private readonly output: ReturnType<typeof pino.destination>;
  private readonly logger: Logger;
  private readonly path: string;
  private readonly warnings = new Throttle(LOSS_WARNING_INTERVAL_MS);
  /** Resolves once the file is open, or cannot be opened. */
  private readonly opened: Promise<void>;

  /** A file that is not there is made, for its owner alone. @throws SmError INVALID_CONFIG */
  constructor(path: string, logger: Logger) {
    checkAuditFile(path);
    [this.path, this.logger] = [path, logger];
    this.output = pino.destination({
      ...{dest: path, append: true, mode: MODE, sync: false},
      maxLength: AUDIT_FILE_BACKLOG_BYTES,
    });
    this.output.on('drop', () => {
      lost += 1;
      this.warn('its lines wait for longer than they can be kept');
    });
    this.opened = new Promise((resolve) => {
      this.output.once('ready', resolve);
      this.output.once('error', () => resolve());
    });
    // What could not be written is tried again with the next line.
    this.output.on('error', (error: Error) => {
      // An attempt to open it leaves word to close the old one: said twice, it would close whatever has that number by then.
      this.output.removeAllListeners('ready');
      this.warn(error.message);
    });
  }

  write(line: object): void {
    this.output.write(`${JSON.stringify(line)}\n`);
  }

  /** Goes on in the file of that name: a log rotation has renamed the old one. */
  reopen(): void {
    this.output.reopen();
  }

  /** Writes what waits. */
  async close(): Promise<void> {
    await this.opened;
    try {
      this.output.flushSync();
    } catch (error) {
      this.warn(String(error));
    }
    this.output.destroy();
  }

  private warn(why: string): void {
    if (!this.warnings.passes()) return;
    this.logger.error(
      {file: this.path, why, lost},
      'the audit file cannot be written; etcd keeps the entries',
    );
  }
}
