/** Certificates and password of etcd that change while the daemon runs: they replace what works only once etcd has taken them. */
import {SmError} from '../model/errors.ts';
import type {Clock, Timer} from '../runtime/clock.ts';
import type {Logger} from '../runtime/logger.ts';
import {CREDENTIALS_LOOK_MS} from './contact/limits.ts';
import type {Credentials} from './credentials.ts';
import type {OpenedStores} from './etcd-start.ts';

export interface EtcdRenewalOptions {
  readonly credentials: Pick<Credentials, 'changesForEtcd'>;
  readonly renew: OpenedStores['renew'];
  /** The store is inside this daemon: it keeps the files that it was started with. */
  readonly isInside: boolean;
  readonly clock: Pick<Clock, 'after'>;
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>;
}

export class EtcdRenewal {
  readonly #options: EtcdRenewalOptions;
  private running: Promise<void> = Promise.resolve();
  private retry: Timer | undefined;
  private refused = '';
  private closed = false;

  constructor(options: EtcdRenewalOptions) {
    this.#options = options;
  }

  /** Looks whether a file has changed. What comes of it is logged; one look at a time. */
  run(): void {
    this.running = this.running.then(() => this.look());
  }

  close(): void {
    this.closed = true;
    this.retry?.cancel();
  }

  private async look(): Promise<void> {
    const {credentials, renew, isInside, logger} = this.#options;
    this.retry?.cancel();
    try {
      const changes = credentials.changesForEtcd();
      if (changes === undefined) return;
      const {files, secrets, taken} = changes;
      if (isInside) {
        logger.warn({files}, 'these files have changed, but need a restart to take effect');
        return;
      }
      await renew(secrets());
      taken();
      this.refused = '';
      logger.info({files}, 'certificates or password of etcd have changed: using the new ones');
    } catch (error) {
      this.refuse(error);
    }
  }

  /** The new password is often in its file before etcd has it: it is tried until etcd takes it, and each reason is logged once. */
  private refuse(error: unknown): void {
    const {clock, logger} = this.#options;
    const message = error instanceof Error ? error.message : String(error);
    const known = error instanceof SmError ? {code: error.code, hint: error.hint ?? ''} : {};
    if (message !== this.refused)
      logger.error(
        {error: message, ...known},
        'certificates or password of etcd have changed and are refused: the old ones stay in use, the new ones are tried again',
      );
    this.refused = message;
    if (!this.closed) this.retry = clock.after(CREDENTIALS_LOOK_MS, () => this.run());
  }
}
