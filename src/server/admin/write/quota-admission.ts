/** Writes that must stay within the quotas of their app. */
import type {AdminDependencies} from '../dependencies.ts';
import {NOTHING_ADMITTED} from '../quotas.ts';
import type {Addition, Admission} from '../quotas.ts';
import {listTogether} from '../read/listing.ts';

/** @throws what the store throws. */
export async function admitted(
  dependencies: AdminDependencies,
  app: string,
  additions: readonly Addition[],
): Promise<Admission> {
  const {store, keys, views, quotas} = dependencies;
  if (quotas === undefined || additions.length === 0) return NOTHING_ADMITTED;
  const look = async () => {
    const open = await views.current(app);
    return (open ?? (await listTogether(dependencies, app, ['shards', 'workers']))).view;
  };
  return quotas.admit({store, keys, look}, app, additions);
}

/**
 * Does the work where all that it adds stays within the quotas.
 * @throws SmError QUOTA, and what the work throws.
 */
export async function withinQuota<T extends {readonly revision: string; readonly changed: boolean}>(
  dependencies: AdminDependencies,
  {service: app, dryRun}: {readonly service: string; readonly dryRun: boolean},
  additions: readonly Addition[],
  work: () => Promise<T>,
): Promise<T> {
  const admission = await admitted(dependencies, app, additions);
  const [refusal] = admission.refused.values();
  let revision: number | undefined;
  try {
    if (refusal !== undefined) throw refusal;
    // Where it throws, it may have written all the same.
    if (!dryRun) revision = 0;
    const answer = await work();
    revision = answer.changed && !dryRun ? Number(answer.revision) : undefined;
    return answer;
  } finally {
    admission.done(revision);
  }
}
