/** Certificates and password of etcd that change while the daemon runs: they replace what works only once etcd has taken them. */
import {SmError} from '../model/errors.ts';
import type {Logger} from '../runtime/logger.ts';
import type {Credentials} from './credentials.ts';
import type {OpenedStores} from './etcd-start.ts';

export interface EtcdRenewalOptions {
  readonly credentials: Pick<Credentials, 'changesForEtcd'>;
  readonly renew: OpenedStores['renew'];
  /** The store is inside this daemon: it keeps the files that it was started with. */
  readonly isInside: boolean;
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>;
}

export class EtcdRenewal {
  readonly #options: EtcdRenewalOptions;
  private running: Promise<void> = Promise.resolve();

  constructor(options: EtcdRenewalOptions) {
    this.#options = options;
  }

  /** Looks whether a file has changed. What comes of it is logged; one look at a time. */
  run(): void {
    this.running = this.running.then(() => this.look());
  }

  private async look(): Promise<void> {
    const {credentials, renew, isInside, logger} = this.#options;
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
      logger.info({files}, 'certificates or password of etcd have changed: using the new ones');
    } catch (error) {
      const known = error instanceof SmError ? {code: error.code, hint: error.hint ?? ''} : {};
      const message = error instanceof Error ? error.message : String(error);
      const text =
        'certificates or password of etcd have changed and are refused: the old ones stay in use until the next SIGHUP or change';
      logger.error({error: message, ...known}, text);
    }
  }
}
