/** Worker groups of an app. */
import {compareText} from '../../../model/compare-text.ts';
import type {AdminDependencies} from '../dependencies.ts';
import {listApp} from './listing.ts';
import type {AppListing} from '../../../appview/listing.ts';

export async function getWorker(
  dependencies: AdminDependencies,
  app: string,
): Promise<{workers: Record<string, string[]>}> {
  return {workers: workerGroups(await listApp(dependencies, app, ['workers']))};
}

/** Container ids by worker group, both sorted. */
export function workerGroups({view}: AppListing): Record<string, string[]> {
  const groups = [...view.pools].sort(([a], [b]) => compareText(a, b));
  return Object.fromEntries(groups.map(([group, members]) => [group, [...members].sort()]));
}
