/** Whether etcd takes other certificates or another password. */
import type {EtcdOptions} from '../etcd/connection.ts';
import type {EtcdSecrets} from '../etcd/endpoint-clients.ts';
import {isLate} from '../etcd/foreign-errors.ts';
import {LOGIN_LIMIT_MS} from '../etcd/limits.ts';
import {SmError} from '../model/errors.ts';
import {openEtcdStore} from './etcd-store.ts';
import type {EtcdStore} from './etcd-store.ts';

/**
 * Reads once with other certificates or another password: a wrong file must not cost a connection that works.
 * @throws SmError when etcd does not take them, or does not answer.
 */
export async function proveSecrets(options: EtcdOptions, secrets: EtcdSecrets): Promise<void> {
  const probe = openEtcdStore({...options, ...secrets});
  const endMs = performance.now() + LOGIN_LIMIT_MS;
  try {
    // A login that is given up and begun anew costs etcd another one: while many clients renew theirs none of them would be done.
    while (!(await isAnswered(probe, performance.now() < endMs)));
  } finally {
    await probe.close();
  }
}

/** False when the answer is late, where it may be. */
async function isAnswered(probe: EtcdStore, mayBeLate: boolean): Promise<boolean> {
  try {
    await probe.status();
    return true;
  } catch (error) {
    if (mayBeLate && error instanceof SmError && isLate(error)) return false;
    throw error;
  }
}
