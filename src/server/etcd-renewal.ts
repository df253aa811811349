/** Certificates and password of etcd that change while the daemon runs: they replace what works only once etcd has taken them. */
import {SmError} from '../model/errors.ts';
import type {Clock} from '../runtime/clock.ts';
import type {Logger} from '../runtime/logger.ts';
import {Renewal} from '../runtime/renewal.ts';
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

/** Looks when it is asked to, with what comes of it in the log. */
export function etcdRenewal(options: EtcdRenewalOptions): Renewal {
  const {clock, logger} = options;
  return new Renewal({
    clock,
    look: () => takeChanges(options),
    onRefused: (error, text) => {
      const known = error instanceof SmError ? {code: error.code, hint: error.hint ?? ''} : {};
      logger.error(
        {error: text, ...known},
        'certificates or password of etcd have changed and are refused: the old ones stay in use, the new ones are tried again',
      );
    },
  });
}

async function takeChanges(options: EtcdRenewalOptions): Promise<void> {
  const {credentials, renew, isInside, logger} = options;
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
}
