/** Creating, changing and removing apps. */
import {counted} from '../../../model/counted.ts';
import {SmError} from '../../../model/errors.ts';
import {appDeleting} from '../../../model/not-found.ts';
import {endsAtMs, noteText, operatorNote} from '../../../model/operator-note.ts';
import type {OperatorNote} from '../../../model/operator-note.ts';
import {contradictionsOf, plainPolicy, policyText} from '../../../model/placement-policy.ts';
import type {PlacementPolicy} from '../../../model/placement-policy.ts';
import {overClusterQuota} from '../../../model/quota.ts';
import type {AppSpec, ShardSpec} from '../../../model/specs.ts';
import {given} from '../../../model/said.ts';
import type {AdminRequest, WriteAnswer} from '../../../protocol/admin.ts';
import {policyOf} from '../../../protocol/placement-policy.ts';
import {encodeRecord} from '../../../protocol/records.ts';
import {UNCHANGED, conditionalWrite, writing} from './conditional-write.ts';
import type {Decision, Reading} from './conditional-write.ts';
import type {AdminDependencies} from '../dependencies.ts';
import {isDamagedSpec, repairedSpec} from './damaged-spec.ts';
import {nothingBelow} from '../../../store/compares.ts';
import {governedElsewhere} from '../read/other-service.ts';
import {liveSpec, refuseOwnService, storedSpec} from '../guards.ts';

export async function addSpec(
  dependencies: AdminDependencies,
  request: AdminRequest<'addSpec'>,
  by: string,
): Promise<WriteAnswer> {
  const {store, keys} = dependencies;
  const app = request.service;
  refuseOwnService(dependencies, app);
  await refuseOverApps(dependencies, app);
  const watched = [keys.appSpec(app), keys.governedShard(app), keys.governedBy(app)];
  const decide = (reading: Reading): Decision => decideCreation(dependencies, request, reading, by);
  const answer = await conditionalWrite(store, watched, request.dryRun, decide);
  // The app stands whatever becomes of this; who keeps the rest looks for missing pieces anyway.
  if (answer.changed && !request.dryRun)
    await dependencies.appCreated?.(app).catch(() => undefined);
  return answer;
}

/** @throws SmError QUOTA where the cluster has as many apps as it may, and this is not one of them. */
async function refuseOverApps(
  {store, keys, service, quotas}: AdminDependencies,
  app: string,
): Promise<void> {
  if (quotas === undefined) return;
  const {entries} = await store.list([keys.shardSpecPrefix(service)]);
  if (entries.some(({key}) => key === keys.governedShard(app))) return;
  const {apps} = quotas.ofCluster;
  if (entries.length >= apps) throw overClusterQuota('apps', apps, entries.length);
}

function decideCreation(
  {keys, service, wallMs}: AdminDependencies,
  {
    service: app,
    maxShardCount,
    maxRecoveryTime,
    maxMoving = 0,
    placement: wanted,
  }: AdminRequest<'addSpec'>,
  {entries}: Reading,
  by: string,
): Decision {
  const [spec, , governedBy] = entries;
  const placement = plainPolicy(wanted && policyOf(wanted));
  refuseContradictions(placement, maxMoving);
  const isDamaged = spec !== undefined && isDamagedSpec(spec.value);
  if (spec !== undefined && !isDamaged) {
    const present = liveSpec(app, spec);
    if (sameLimits(present, {maxShardCount, maxRecoveryTime, maxMoving, placement}))
      return UNCHANGED;
    throw new SmError('APP_EXISTS', `app ${app} already exists with different limits`, {
      hint: `sm app update ${app} --max-shard-count ${maxShardCount} --max-recovery-time ${maxRecoveryTime} --max-moving ${maxMoving}${placement === undefined ? '' : ' --placement-file FILE'}`,
      object: `app/${app}`,
    });
  }
  if (governedBy !== undefined && governedBy.value !== service)
    throw governedElsewhere({app, service: governedBy.value}, service);
  const nowMs = wallMs();
  const now = Math.floor(nowMs / 1_000);
  const limits = {
    ...{maxShardCount, maxRecoveryTime},
    ...(maxMoving === 0 ? {} : {maxMoving}),
    ...given({placement}),
  };
  const created: AppSpec = {service: app, createTime: now, ...limits};
  const key = keys.appSpec(app);
  // The app is there and runs on: only this value is written anew.
  if (isDamaged) {
    const repaired = repairedSpec(spec.value, created, {by, wallMs: nowMs});
    if (repaired.deleting === true) throw appDeleting(app);
    return writing('configured', key, repaired);
  }
  return {
    result: 'created',
    operations: [
      {op: 'put', key, value: encodeRecord(created)},
      {
        op: 'put',
        key: keys.governedShard(app),
        value: encodeRecord(governedShard(service, app, now)),
      },
      {op: 'put', key: keys.governedBy(app), value: service},
    ],
  };
}

/** The app as a shard of sm's own service. */
function governedShard(service: string, app: string, updateTime: number): ShardSpec {
  const task = JSON.stringify({governedService: app});
  const free = {manualContainerId: '', group: '', workerGroup: ''};
  return {id: app, service, task, updateTime, ...free};
}

export async function updateSpec(
  dependencies: AdminDependencies,
  request: AdminRequest<'updateSpec'>,
  by: string,
): Promise<WriteAnswer> {
  const {store, keys, wallMs} = dependencies;
  const {service: app, dryRun, reason, pauseForMs, placement: wanted, ...changes} = request;
  refuseEndless(changes.paused === true, pauseForMs, 'pauseForMs', 'paused');
  refuseOwnService(dependencies, app);
  const key = keys.appSpec(app);
  let stays: OperatorNote | undefined;
  const answer = await conditionalWrite(store, [key], dryRun, ({entries}) => {
    const spec = liveSpec(app, entries[0]);
    const {placement: before, ...plain} = spec;
    const placement = wanted === undefined ? before : plainPolicy(policyOf(wanted));
    const next: AppSpec = {...plain, ...given({...changes, placement})};
    refuseContradictions(placement, next.maxMoving);
    if (changes.paused === false) delete next.pause;
    // Another reason or end is news; the same order again is not.
    const isSaid = spec.paused !== true || reason !== '' || pauseForMs !== undefined;
    if (changes.paused === true && isSaid)
      next.pause = operatorNote({reason, by}, wallMs(), pauseForMs);
    stays = changes.paused === true && !isSaid ? spec.pause : undefined;
    if (sameFields(spec, next)) return UNCHANGED;
    return writing('configured', key, next);
  });
  return {...answer, ...endWarning('pause', stays)};
}

/** Of an order without an end that is no news, because there is one with an end already: that one stays. */
export function endWarning(what: string, stays: OperatorNote | undefined): {warning?: string} {
  if (endsAtMs(stays) === undefined) return {};
  return {
    warning: `nothing has changed: there is a ${what} already, ${noteText(stays)}, and it ends by itself; for one without an end give --reason, for another end --for`,
  };
}

/** @throws SmError INVALID_INPUT for an end of what is not begun. */
export function refuseEndless(
  begins: boolean,
  forMs: number | undefined,
  field: string,
  needed: string,
): void {
  if (forMs === undefined || begins) return;
  throw new SmError(
    'INVALID_INPUT',
    `${field} is set without ${needed}, so there is nothing that could end`,
    {
      hint: `give both, or neither`,
    },
  );
}

/** @throws SmError INVALID_INPUT naming both fields. */
function refuseContradictions(
  placement: PlacementPolicy | undefined,
  maxMoving: number | undefined,
): void {
  const [first] = contradictionsOf(placement, maxMoving);
  if (first === undefined) return;
  const [one, other] = first.fields;
  throw new SmError('INVALID_INPUT', `${one} and ${other} contradict: ${first.problem}`, {
    hint: `change one of them; sm explain apps.${one.replace(/\[\d+\]/g, '')}`,
  });
}

function sameFields(before: AppSpec, after: AppSpec): boolean {
  const isSamePause = JSON.stringify(before.pause) === JSON.stringify(after.pause);
  const isAsPaused = (before.paused ?? false) === (after.paused ?? false);
  return isSamePause && isAsPaused && sameLimits(before, after);
}

type Limits = Pick<AppSpec, 'maxShardCount' | 'maxRecoveryTime' | 'maxMoving'> & {
  readonly placement?: PlacementPolicy | undefined;
};

function sameLimits(before: Limits, after: Limits): boolean {
  return (
    before.maxShardCount === after.maxShardCount &&
    before.maxRecoveryTime === after.maxRecoveryTime &&
    (before.maxMoving ?? 0) === (after.maxMoving ?? 0) &&
    policyText(before.placement) === policyText(after.placement)
  );
}

/**
 * Marks the app as being removed; its governor does the rest.
 * @throws SmError APP_IN_USE while it has shards, records or containers, unless forced.
 */
export async function delSpec(
  dependencies: AdminDependencies,
  {service: app, force, dryRun}: AdminRequest<'delSpec'>,
): Promise<WriteAnswer> {
  const {store, keys} = dependencies;
  refuseOwnService(dependencies, app);
  const key = keys.appSpec(app);
  return conditionalWrite(store, [key], dryRun, async ({entries}) => {
    const spec = storedSpec(app, entries[0]);
    if (spec.deleting === true) return UNCHANGED;
    const marked = writing('deleted', key, {...spec, deleting: true});
    if (force) return marked;
    await refuseInUse(dependencies, app);
    // What comes after that look would go with the app, too.
    const prefixes = [keys.shardSpecPrefix(app), keys.heartbeatPrefix(app)];
    return {...marked, compares: prefixes.map(nothingBelow)};
  });
}

/** Counts keys: what cannot be read is there as well. */
async function refuseInUse({store, keys}: AdminDependencies, app: string): Promise<void> {
  let shards = 0;
  let containers = 0;
  await store.scan([keys.shardSpecPrefix(app)], ({length}) => void (shards += length));
  await store.scan([keys.heartbeatPrefix(app)], ({length}) => void (containers += length));
  if (shards === 0 && containers === 0) return;
  const has = `${counted(shards, 'shard')} and ${counted(containers, 'container')}`;
  throw new SmError('APP_IN_USE', `app ${app} has ${has}`, {
    hint: `remove its shards and stop its containers, or remove all of it at once: sm app rm ${app} --force`,
    object: `app/${app}`,
  });
}
