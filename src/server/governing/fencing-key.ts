import type {Keys} from '../../etcd/keys.ts';
import {parseToken} from '../../model/token.ts';
import type {FencingKey} from '../../store/ownership-transactions.ts';

/**
 * What every write of an app's governor compares. The record of an app is ready from its claim on, so it stands at the revision of the
 * claim while this daemon governs the app.
 */
export function fencingKeyOf(keys: Keys, app: string, token: string): FencingKey {
  const claim = parseToken(token);
  if (claim === undefined) throw new Error(`token of app ${app} cannot be read`);
  return {key: keys.ownership(keys.service, app), target: 'mod', value: claim.revision};
}
