/** Adding, changing and removing one shard. */
import {SmError} from '../../../model/errors.ts';
import {operatorNote} from '../../../model/operator-note.ts';
import type {OperatorNote} from '../../../model/operator-note.ts';
import {saidTerms} from '../../../model/shard-content.ts';
import type {ShardSpec} from '../../../model/specs.ts';
import {appNotFound, shardNotFound} from '../../../model/not-found.ts';
import {given} from '../../../model/said.ts';
import type {AdminRequest, WriteAnswer} from '../../../protocol/admin.ts';
import {decodeShardSpec} from '../../../protocol/records.ts';
import type {KeyValue} from '../../../store/port.ts';
import {endWarning, refuseEndless} from './app-writes.ts';
import {UNCHANGED, conditionalWrite, deleting, writing} from './conditional-write.ts';
import type {Decision, Reading} from './conditional-write.ts';
import {placedWrite} from './placed-write.ts';
import {withinQuota} from './quota-admission.ts';
import type {Addition} from '../quotas.ts';
import type {AdminDependencies} from '../dependencies.ts';
import {liveSpec, refuseOwnService} from '../guards.ts';
import {
  contentConflict,
  idWarning,
  newShardSpec,
  sameContent,
  sameFields,
} from '../shard-content.ts';

/** What says where a shard may run, and what runs there. */
const PLACING = ['task', 'manualContainerId', 'group', 'workerGroup', 'spreadKey'] as const;

export async function addShard(
  dependencies: AdminDependencies,
  request: AdminRequest<'addShard'>,
): Promise<WriteAnswer> {
  const {store, keys, wallMs} = dependencies;
  const {service: app, shardId, dryRun} = request;
  refuseOwnService(dependencies, app);
  const key = keys.shardSpec(app, shardId);
  const decide = ({entries: [spec, shard]}: Reading): Decision => {
    liveSpec(app, spec);
    if (shard === undefined) {
      return writing('created', key, newShardSpec(app, shardId, request, wallMs()));
    }
    if (sameContent(shard.value, request)) return UNCHANGED;
    readShard(app, shardId, shard);
    throw new SmError('SHARD_EXISTS', `shard ${shardId} ${contentConflict(shard.value, request)}`, {
      hint: 'change it by sm shard update (its pin by sm shard pin), or in a file by sm apply -f FILE',
      object: `shard/${shardId}`,
    });
  };
  const addition = {id: shardId, spec: () => ({...request, id: shardId})};
  const answer = await withinQuota(dependencies, request, [addition], () =>
    conditionalWrite(store, [keys.appSpec(app), key], dryRun, decide),
  );
  return {...answer, ...idWarning(shardId)};
}

export async function updateShard(
  dependencies: AdminDependencies,
  request: AdminRequest<'updateShard'>,
  by: string,
): Promise<WriteAnswer> {
  const {keys, wallMs} = dependencies;
  const {service: app, shardId, dryRun, reason, pinForMs, ...changes} = request;
  const pin = changes.manualContainerId ?? '';
  refuseEndless(pin !== '', pinForMs, 'pinForMs', 'manualContainerId');
  refuseOwnService(dependencies, app);
  const key = keys.shardSpec(app, shardId);
  let stays: OperatorNote | undefined;
  const decide = ({entries: [appEntry, entry]}: Reading): Decision => {
    liveSpec(app, appEntry);
    const spec = readShard(app, shardId, entry);
    const {load: _load, spreadKey: _key, priority: _priority, ...plain} = spec;
    const said = {...spec, ...given(changes)};
    const next: ShardSpec = {...plain, ...given(withoutTerms(changes)), ...saidTerms(said)};
    const isSamePin = pin === '' || pin === spec.manualContainerId;
    const isSaidAgain = pin !== '' && (pinForMs !== undefined || reason !== '');
    stays = pin !== '' && isSamePin && !isSaidAgain ? spec.pinned : undefined;
    if (sameFields(spec, next) && !isSaidAgain) return UNCHANGED;
    if (next.manualContainerId === '') delete next.pinned;
    else if (!isSamePin || isSaidAgain)
      next.pinned = operatorNote({reason, by}, wallMs(), pinForMs);
    // Another place or task is another question.
    if (PLACING.some((field) => (next[field] ?? '') !== (spec[field] ?? '')))
      delete next.cancelledMove;
    next.updateTime = Math.floor(wallMs() / 1_000);
    // The owner compares this number with the one it claimed: another task is a drop and an add.
    if (next.task !== spec.task) next.taskVersion = (spec.taskVersion ?? 0) + 1;
    return writing('configured', key, next);
  };
  const addition: Addition = {
    id: shardId,
    mustExist: true,
    spec: (before) => ({
      ...{task: '', group: '', workerGroup: '', ...before, ...given(changes)},
      id: shardId,
    }),
  };
  const answer = await withinQuota(dependencies, request, [addition], () =>
    placedWrite(dependencies, app, [keys.appSpec(app), key], dryRun, decide),
  );
  return {...answer, ...endWarning('pin', stays)};
}

function withoutTerms<T extends {load?: unknown; spreadKey?: unknown; priority?: unknown}>({
  load: _load,
  spreadKey: _key,
  priority: _priority,
  ...rest
}: T): Omit<T, 'load' | 'spreadKey' | 'priority'> {
  return rest;
}

function readShard(app: string, shardId: string, entry: KeyValue | undefined): ShardSpec {
  if (entry === undefined) throw shardNotFound(app, shardId);
  const decoded = decodeShardSpec(entry.value, shardId);
  if (decoded.ok) return decoded.value;
  throw new SmError(
    'STORE_CORRUPT',
    `spec of shard ${shardId} cannot be read: ${decoded.problem}`,
    {
      hint: `remove the shard, then add it again: sm shard rm -a ${app} ${shardId}`,
    },
  );
}

/** Removes the spec; the governor has the shard dropped and its record removed. */
export async function delShard(
  dependencies: AdminDependencies,
  {service: app, shardId, dryRun}: AdminRequest<'delShard'>,
): Promise<WriteAnswer> {
  const {store, keys} = dependencies;
  refuseOwnService(dependencies, app);
  const key = keys.shardSpec(app, shardId);
  return conditionalWrite(store, [keys.appSpec(app), key], dryRun, ({entries: [spec, shard]}) => {
    if (spec === undefined) throw appNotFound(app);
    if (shard === undefined) throw shardNotFound(app, shardId);
    return deleting(key);
  });
}
