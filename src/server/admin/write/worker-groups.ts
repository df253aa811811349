/** Worker groups: which containers belong to which pool. */
import {SmError} from '../../../model/errors.ts';
import {appNotFound} from '../../../model/not-found.ts';
import type {AdminRequest, WriteAnswer} from '../../../protocol/admin.ts';
import {placedWrite} from './placed-write.ts';
import {UNCHANGED, deleting} from './conditional-write.ts';
import type {Decision, Reading} from './conditional-write.ts';
import {withinQuota} from './quota-admission.ts';
import type {AdminDependencies} from '../dependencies.ts';
import {liveSpec, refuseOwnService} from '../guards.ts';

export async function addWorker(
  dependencies: AdminDependencies,
  {service: app, workerGroup, worker, dryRun}: AdminRequest<'addWorker'>,
): Promise<WriteAnswer> {
  const {keys} = dependencies;
  refuseOwnService(dependencies, app);
  const key = keys.worker(app, workerGroup, worker);
  const decide = ({entries: [spec, member]}: Reading): Decision => {
    liveSpec(app, spec);
    if (member !== undefined) return UNCHANGED;
    return {result: 'created', operations: [{op: 'put', key, value: ''}]};
  };
  return withinQuota(dependencies, {service: app, dryRun}, [{workerGroup}], () =>
    placedWrite(dependencies, app, [keys.appSpec(app), key], dryRun, decide),
  );
}

export async function delWorker(
  dependencies: AdminDependencies,
  {service: app, workerGroup, worker, dryRun}: AdminRequest<'addWorker'>,
): Promise<WriteAnswer> {
  const {keys} = dependencies;
  refuseOwnService(dependencies, app);
  const key = keys.worker(app, workerGroup, worker);
  const decide = ({entries: [spec, member]}: Reading): Decision => {
    if (spec === undefined) throw appNotFound(app);
    if (member === undefined) {
      throw new SmError('NOT_FOUND', `${worker} is not in worker group ${workerGroup}`, {
        hint: `sm worker ls --app ${app}`,
      });
    }
    return deleting(key);
  };
  return placedWrite(dependencies, app, [keys.appSpec(app), key], dryRun, decide);
}
