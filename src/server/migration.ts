/** The two sides of a changeover from the Go project (MIGRATION.md), on an etcd of their own. */
import type {EtcdOptions} from '../etcd/connection.ts';
import {Keys} from '../etcd/keys.ts';
import {openEtcdLeases} from '../etcd/leases.ts';
import {openEtcdStore} from '../store/etcd-store.ts';
import {originReport} from './governing/origin-report.ts';
import type {OriginReport, OriginScope} from './governing/origin-report.ts';
import {releasable, releaseApp, releaseService} from './governing/release.ts';
import type {ReleasedApp} from './governing/release.ts';

export type {OriginApp, OriginReport} from './governing/origin-report.ts';
export type {ReleasedApp} from './governing/release.ts';

export interface MigrationOptions {
  readonly etcd: EtcdOptions;
  readonly prefix: string;
  readonly service: string;
}

/** @throws SmError STORE_UNAVAILABLE, STORE_AUTH. */
export function reportOrigin(options: MigrationOptions): Promise<OriginReport> {
  return within(options, originReport);
}

/** All apps, then the service. @throws SmError STORE_UNAVAILABLE, STORE_AUTH, CONFLICT. */
export function releaseApps(options: MigrationOptions): Promise<ReleasedApp[]> {
  return within(options, async (scope) => {
    const {apps} = await originReport(scope);
    const released: ReleasedApp[] = [];
    for (const app of [...apps.map((one) => one.app), options.service])
      await releasable(scope, app);
    for (const {app} of apps) released.push(await releaseApp(scope, app));
    return [...released, await releaseService(scope)];
  });
}

async function within<T>(
  {etcd, prefix, service}: MigrationOptions,
  work: (scope: OriginScope) => Promise<T>,
): Promise<T> {
  const keys = new Keys(prefix, service);
  const store = openEtcdStore({...etcd, statusKey: `${keys.prefix}/app/`});
  const leases = openEtcdLeases(etcd);
  try {
    return await work({keys, store, leases});
  } finally {
    leases.close();
    await store.close();
  }
}
