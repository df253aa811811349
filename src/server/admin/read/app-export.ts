/** An app's specs as a whole. */
import {plainPolicy} from '../../../model/placement-policy.ts';
import {compareText} from '../../../model/compare-text.ts';
import {saidTerms} from '../../../model/shard-content.ts';
import type {DeclaredShard, ExportAppAnswer} from '../../../protocol/admin.ts';
import type {KeyValue} from '../../../store/port.ts';
import type {AdminDependencies} from '../dependencies.ts';
import {refuseOwnService, unreadableSpec} from '../guards.ts';
import {listApp} from './listing.ts';
import {workerGroups} from './worker-groups.ts';

export async function exportApp(
  dependencies: AdminDependencies,
  service: string,
): Promise<ExportAppAnswer> {
  refuseOwnService(dependencies, service);
  const listing = await listApp(dependencies, service, ['shards', 'workers']);
  const {view, revision} = listing;
  // What the view has of such a spec is old, or nothing: a file made of it would pass for the app's.
  const problem = view.quarantined.problem('spec');
  if (problem !== undefined) throw unreadableSpec(service, problem);
  const unreadableShards = [...view.quarantined.all()]
    .flatMap(({what, id}) => (what === 'shard' ? [id] : []))
    .sort(compareText);
  const spec = view.spec?.value;
  const placement = plainPolicy(spec?.placement);
  const shards = [...view.shards.values()]
    .map(({value}) => value)
    .sort((a, b) => compareText(a.id, b.id));
  return {
    service,
    app: {
      maxShardCount: spec?.maxShardCount ?? 0,
      maxRecoveryTime: spec?.maxRecoveryTime ?? 0,
      ...((spec?.maxMoving ?? 0) === 0 ? {} : {maxMoving: spec?.maxMoving}),
      ...(placement === undefined ? {} : {placement}),
      paused: spec?.paused ?? false,
      shards: shards.map(
        ({id, task, manualContainerId, group, workerGroup, ...rest}): DeclaredShard => ({
          shardId: id,
          ...(task === '' ? {} : {task}),
          ...(manualContainerId === '' ? {} : {manualContainerId}),
          ...(group === '' ? {} : {group}),
          ...(workerGroup === '' ? {} : {workerGroup}),
          ...saidTerms(rest),
        }),
      ),
      workerGroups: workerGroups(listing),
    },
    specRevision: String(await specRevision(dependencies, service, revision)),
    ...(unreadableShards.length === 0 ? {} : {unreadableShards}),
    ...(spec?.deleting === true ? {deleting: true} : {}),
    revision: String(revision),
  };
}

/** Highest revision of the app's specs as they stood: app, shards, worker groups; orders and the marker do not count. */
export async function specRevision(
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
