/** What the specs of an app would be after a file had been applied, as changes to a view of it, made in steps. Pure. */
import {SHARDS_PER_STEP} from '../../../governor/limits.ts';
import type {PlacementPolicy} from '../../../model/placement-policy.ts';
import type {AppSpec} from '../../../model/specs.ts';
import type {AppChange} from '../../../model/change.ts';
import type {DeclaredApp} from '../../../protocol/admin.ts';
import type {AppListing} from '../../../appview/listing.ts';
import {newShardSpec} from '../shard-content.ts';

export function* declaredChanges(
  {app, view, revision}: AppListing,
  declared: DeclaredApp,
  prune: boolean,
): Generator<undefined, AppChange[]> {
  const mod = revision + 1;
  const {maxShardCount, maxRecoveryTime, maxMoving = 0, paused, shards, workerGroups} = declared;
  const placement = declared.placement as PlacementPolicy | undefined;
  const {placement: _before, ...spec} = {service: app, createTime: 0, ...view.spec?.value};
  const value: AppSpec = {
    ...{...spec, maxShardCount, maxRecoveryTime, maxMoving, paused},
    ...(placement === undefined ? {} : {placement}),
  };
  const changes: AppChange[] = [{kind: 'spec', mod, entry: {value, mod, create: mod}}];
  const named = new Set<string>();
  for (const {shardId: shard, task = '', manualContainerId = '', group = '', ...rest} of shards) {
    if (named.size % SHARDS_PER_STEP === 0) yield;
    named.add(shard);
    const {workerGroup = '', load = {}, spreadKey = '', priority = 0} = rest;
    const terms = {load, spreadKey, priority};
    const content = {task, manualContainerId, group, workerGroup, ...terms};
    const entry = {value: newShardSpec(app, shard, content, 0), mod, create: mod};
    changes.push({kind: 'shard', mod, shard, entry});
  }
  const pools = new Map(Object.entries(workerGroups));
  for (const [workerGroup, members] of pools)
    for (const container of members)
      changes.push({kind: 'worker', mod, workerGroup, container, present: true});
  if (!prune) return changes;
  for (const shard of view.shards.keys())
    if (!named.has(shard)) changes.push({kind: 'shard', mod, shard, entry: undefined});
  for (const [workerGroup, members] of view.pools)
    for (const container of members)
      if (pools.get(workerGroup)?.includes(container) !== true)
        changes.push({kind: 'worker', mod, workerGroup, container, present: false});
  return changes;
}
