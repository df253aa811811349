/** Setting the quotas of an app. */
import {QUOTA_NAMES} from '../../../model/quota.ts';
import type {AppQuota} from '../../../model/quota.ts';
import type {AppSpec} from '../../../model/specs.ts';
import type {AdminRequest, WriteAnswer} from '../../../protocol/admin.ts';
import type {AdminDependencies} from '../dependencies.ts';
import {liveSpec, refuseOwnService} from '../guards.ts';
import {UNCHANGED, conditionalWrite, writing} from './conditional-write.ts';

/** Sets what is given; null: as by default again. What the app has already above it stays: nothing is removed. */
export async function setQuota(
  dependencies: AdminDependencies,
  request: AdminRequest<'setQuota'>,
): Promise<WriteAnswer> {
  const {store, keys} = dependencies;
  const {service: app, dryRun} = request;
  refuseOwnService(dependencies, app);
  const key = keys.appSpec(app);
  return conditionalWrite(store, [key], dryRun, ({entries: [entry]}) => {
    const {quota: before = {}, ...spec} = liveSpec(app, entry);
    const quota: AppQuota = {...before};
    for (const name of QUOTA_NAMES) {
      const said = request[name];
      if (said === null) delete quota[name];
      else if (said !== undefined) quota[name] = said;
    }
    if (QUOTA_NAMES.every((name) => quota[name] === before[name])) return UNCHANGED;
    const next: AppSpec = {
      ...(spec as AppSpec),
      ...(Object.keys(quota).length === 0 ? {} : {quota}),
    };
    return writing('configured', key, next);
  });
}
