/** An app's specs as a whole, and the marker under which one file at a time is applied to it. */
import {compareText} from '../../model/compare-text.ts';
import {SmError} from '../../model/errors.ts';
import type {
  BeginApplyAnswer,
  BeginApplyRequest,
  DeclaredShard,
  EndApplyRequest,
  ExportAppAnswer,
  WriteAnswer,
} from '../../protocol/admin.ts';
import {APPLY_MARKER_TTL_MS} from '../../protocol/admin.ts';
import {decodeApplyMarker, encodeRecord} from '../../protocol/records.ts';
import type {ApplyMarker} from '../../protocol/records.ts';
import type {KeyValue} from '../../store/port.ts';
import {liveSpec, refuseOwnService} from './app-writes.ts';
import {conditionalWrite} from './conditional-write.ts';
import type {Decision, Reading} from './conditional-write.ts';
import type {AdminDependencies} from './dependencies.ts';
import {listApp} from './listing.ts';
import {workerGroups} from './worker-groups.ts';

export async function exportApp(
  dependencies: AdminDependencies,
  service: string,
): Promise<ExportAppAnswer> {
  refuseOwnService(dependencies, service);
  const listing = await listApp(dependencies, service, ['shards', 'workers']);
  const {view, revision} = listing;
  const spec = view.spec?.value;
  const shards = [...view.shards.values()]
    .map(({value}) => value)
    .sort((a, b) => compareText(a.id, b.id));
  return {
    service,
    app: {
      maxShardCount: spec?.maxShardCount ?? 0,
      maxRecoveryTime: spec?.maxRecoveryTime ?? 0,
      paused: spec?.paused ?? false,
      shards: shards.map(({id, task, manualContainerId, group, workerGroup}): DeclaredShard => ({
        shardId: id,
        ...(task === '' ? {} : {task}),
        ...(manualContainerId === '' ? {} : {manualContainerId}),
        ...(group === '' ? {} : {group}),
        ...(workerGroup === '' ? {} : {workerGroup}),
      })),
      workerGroups: workerGroups(listing),
    },
    specRevision: String(await specRevision(dependencies, service, revision)),
    revision: String(revision),
  };
}

/** Highest revision of the app's specs as they stood: app, shards, worker groups; orders and the marker do not count. */
async function specRevision(
  {store, keys}: AdminDependencies,
  app: string,
  atRevision: number,
): Promise<number> {
  let highest = 0;
  const prefixes = [keys.appSpec(app), keys.shardSpecPrefix(app), keys.workerPrefix(app)];
  const take = (entries: readonly KeyValue[]): void => {
    for (const {mod} of entries) highest = Math.max(highest, mod);
  };
  await store.scan(prefixes, take, {atRevision});
  return highest;
}

/**
 * Takes the marker; the same content takes it again at any time.
 * @throws SmError CONFLICT when another file is being applied, or when the specs are not at `ifRevision`.
 */
export async function beginApply(
  dependencies: AdminDependencies,
  request: BeginApplyRequest,
  who: string,
): Promise<BeginApplyAnswer> {
  const {store, keys, wallMs} = dependencies;
  const {service: app, content, dryRun} = request;
  refuseOwnService(dependencies, app);
  const key = keys.applyMarker(app);
  const ifRevision = request.ifRevision ?? '';
  let resumed = false;
  const decide = ({entries: [spec, entry]}: Reading): Decision => {
    liveSpec(app, spec);
    const held = entry === undefined ? undefined : decodeApplyMarker(entry.value);
    resumed = held?.content === content && held.ifRevision === ifRevision;
    if (held !== undefined && !resumed) refuseHeld(held, wallMs());
    const at = new Date(wallMs()).toISOString();
    const marker: ApplyMarker = {
      ...{v: 1, content, ifRevision, by: who, running: true},
      since: resumed ? (held?.since ?? at) : at,
      renewedAt: at,
    };
    const result = entry === undefined ? 'created' : 'configured';
    return {result, operations: [{op: 'put', key, value: encodeRecord(marker)}]};
  };
  const answer = await conditionalWrite(store, [keys.appSpec(app), key], decide, dryRun);
  if (ifRevision !== '' && !resumed)
    await checkRevision(dependencies, request, ifRevision, Number(answer.revision));
  return {...answer, resumed};
}

function refuseHeld(held: ApplyMarker, nowMs: number): void {
  if (!held.running || nowMs - Date.parse(held.renewedAt) > APPLY_MARKER_TTL_MS) return;
  throw new SmError('CONFLICT', `${held.by} applies another file since ${held.since}`, {
    hint: 'wait until it is done; the marker of one that died is free after a minute',
    retryable: true,
  });
}

/** The specs as they stood when the marker was taken: nobody else applies from there on. */
async function checkRevision(
  dependencies: AdminDependencies,
  {service: app, content, dryRun, reason}: BeginApplyRequest,
  ifRevision: string,
  atRevision: number,
): Promise<void> {
  const found = String(await specRevision(dependencies, app, atRevision));
  if (found === ifRevision) return;
  if (!dryRun)
    await endApply(dependencies, {service: app, content, done: true, dryRun: false, reason});
  throw new SmError('CONFLICT', `the specs of ${app} are at revision ${found}, not ${ifRevision}`, {
    hint: `look at what changed: sm export -a ${app}`,
  });
}

/** Gives the marker back, or leaves it for the same content to go on. Nothing to do when another holds it. */
export async function endApply(
  {store, keys}: AdminDependencies,
  {service: app, content, done, dryRun}: EndApplyRequest,
): Promise<WriteAnswer> {
  const key = keys.applyMarker(app);
  const decide = ({entries: [entry]}: Reading): Decision => {
    const held = entry === undefined ? undefined : decodeApplyMarker(entry.value);
    if (held?.content !== content) return {result: 'unchanged', operations: []};
    if (done) return {result: 'deleted', operations: [{op: 'delete', key}]};
    const value = encodeRecord({...held, running: false});
    return {result: 'configured', operations: [{op: 'put', key, value}]};
  };
  return conditionalWrite(store, [key], decide, dryRun);
}
