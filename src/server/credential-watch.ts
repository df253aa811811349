/** Looks whether a file of tokens or certificates has changed, and has them read again: whoever revokes a token need not reach the process. */
import {statSync} from 'node:fs';
import {SmError} from '../model/errors.ts';
import type {Clock, Timer} from '../runtime/clock.ts';
import type {Logger} from '../runtime/logger.ts';
import {CREDENTIALS_LOOK_MS} from './contact/limits.ts';

export interface CredentialWatchOptions {
  /** Paths of the files now. */
  readonly files: () => readonly string[];
  /** State of the files when they were read. Default: as they are now. */
  readonly seen?: string;
  /** Reads them again. @throws SmError INVALID_CONFIG when one cannot be used: the old ones stay. */
  readonly reload: () => void;
  readonly clock: Pick<Clock, 'after'>;
  readonly logger: Logger;
}

export class CredentialWatch {
  private readonly options: CredentialWatchOptions;
  private timer: Timer | undefined;
  private seen: string;

  constructor(options: CredentialWatchOptions) {
    this.options = options;
    this.seen = options.seen ?? this.look();
  }

  start(): void {
    this.timer = this.options.clock.after(CREDENTIALS_LOOK_MS, () => {
      this.check();
      this.start();
    });
  }

  stop(): void {
    this.timer?.cancel();
  }

  private check(): void {
    const {reload, logger} = this.options;
    const now = this.look();
    if (now === this.seen) return;
    // Whatever comes of it: a file that cannot be used is not tried again until it changes.
    this.seen = now;
    try {
      reload();
      logger.info({}, 'a file of tokens or certificates has changed: read again');
    } catch (error) {
      if (!(error instanceof SmError)) throw error;
      const {message, code, hint = ''} = error;
      const text = 'a file of tokens or certificates has changed and is refused, the old ones stay';
      logger.error({error: message, code, hint}, text);
    }
  }

  private look(): string {
    return stateOfAll(this.options.files());
  }
}

/** Through links: a file that is mounted changes by another link. */
export function stateOfAll(files: readonly string[]): string {
  return JSON.stringify(files.map(stateOf));
}

/** A file that cannot be looked at is in a state, too: reading it says what is wrong, and the daemon goes on. */
function stateOf(path: string): readonly number[] | string {
  try {
    const {ino, size, mtimeMs, ctimeMs} = statSync(path);
    return [ino, size, mtimeMs, ctimeMs];
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? '';
  }
}
