/** Apps under the same prefix that another sm governs: what two services there, or a changed service name, look like. */
import {SmError} from '../../../model/errors.ts';
import type {AdminDependencies} from '../dependencies.ts';

export interface ForeignApp {
  readonly app: string;
  /** `service` of the sm that governs it. */
  readonly service: string;
}

type Reader = Pick<AdminDependencies, 'store' | 'keys' | 'service'>;

/** @throws SmError CONFLICT when the app belongs to another sm: waiting for it here would never end. */
export async function refuseForeignApp({store, keys, service}: Reader, app: string): Promise<void> {
  const {entry} = await store.get(keys.governedBy(app));
  if (entry !== undefined && entry.value !== service)
    throw governedElsewhere({app, service: entry.value}, service);
}

/** One app that another sm governs, if there is any. Reads no more of the prefix than it takes to find one. */
export async function foreignApp({store, keys, service}: Reader): Promise<ForeignApp | undefined> {
  const found: ForeignApp[] = [];
  class Found extends Error {}
  const look = store.scan([keys.everyAppPrefix()], (entries) => {
    for (const {key, value} of entries) {
      const parsed = keys.parse(key);
      if (parsed?.kind !== 'governedBy' || value === service) continue;
      found.push({app: parsed.app, service: value});
      throw new Found();
    }
  });
  await look.catch((error: unknown) => {
    if (!(error instanceof Found)) throw error;
  });
  return found[0];
}

export function governedElsewhere({app, service: other}: ForeignApp, own: string): SmError {
  return new SmError(
    'CONFLICT',
    `app ${app} is governed by another sm under the same prefix: ${other}, and this one is ${own}`,
    {hint: foreignHint(other)},
  );
}

export function foreignHint(other: string): string {
  return `if service was renamed, set it back to ${other}; if these are two separate clusters, give each its own etcdPrefix`;
}
