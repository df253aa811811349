/** From what the governor knows to what the planner is asked. */
import type {OwnershipRecord, Versioned} from '../model/ownership.ts';
import type {PlacementContainer, PlacementShard, PlacementSnapshot} from '../model/placement.ts';
import type {ShardSpec} from '../model/specs.ts';
import type {LivingContainer} from './containers.ts';
import type {AppView} from './view.ts';

/**
 * The container a record counts for: where the shard runs, or where it is on its way to. '' when it runs nowhere, its
 * holder is lost, or the way there is closed.
 */
export function countsFor(
  record: OwnershipRecord | undefined,
  living: ReadonlyMap<string, LivingContainer>,
): string {
  if (record === undefined) return '';
  if (record.state === 'owned') return livesAs(record, living) ? record.container : '';
  if (record.state === 'assigned')
    return livesAs(record, living) ? openOr(record.container, living) : '';
  if (record.move === null || record.move.to === '' || record.failures > 0) return '';
  return openOr(record.move.to, living);
}

/** Whether a plan that gave the shard that target has to be made anew, its record having changed so. */
export function changesPlan(
  before: OwnershipRecord | undefined,
  after: OwnershipRecord | undefined,
  living: ReadonlyMap<string, LivingContainer>,
  target: string,
): boolean {
  const counts = countsFor(after, living);
  if (counts !== countsFor(before, living) && counts !== target) return true;
  return (after?.failures ?? 0) !== (before?.failures ?? 0);
}

export function placementSnapshot(
  view: AppView,
  living: ReadonlyMap<string, LivingContainer>,
): PlacementSnapshot {
  const shards: PlacementShard[] = [];
  for (const [id, {value}] of view.shards) {
    if (!view.isQuarantined(id)) shards.push(placementShard(id, value, view.own.get(id), living));
  }
  const containers: PlacementContainer[] = [];
  for (const {container, mode} of living.values()) containers.push({id: container, mode});
  return {
    shards,
    containers,
    pools: view.pools,
    maxShardCount: view.spec?.value.maxShardCount ?? 0,
  };
}

/** `id` as the key says it: that is what records are found by. */
function placementShard(
  id: string,
  spec: ShardSpec,
  known: Versioned<OwnershipRecord> | undefined,
  living: ReadonlyMap<string, LivingContainer>,
): PlacementShard {
  const record = known?.value;
  const current = countsFor(record, living);
  const failed = record !== undefined && record.failures > 0;
  return {
    id,
    group: spec.group,
    workerGroup: spec.workerGroup,
    pin: spec.manualContainerId,
    current,
    prefer: current === '' && record !== undefined && !failed ? record.container : '',
    avoid: failed ? record.container : '',
    // A record that is at rest was last written when its shard came to where it is.
    movedAt: known?.mod ?? 0,
  };
}

function livesAs(record: OwnershipRecord, living: ReadonlyMap<string, LivingContainer>): boolean {
  return living.get(record.container)?.incarnation === record.incarnation;
}

function openOr(container: string, living: ReadonlyMap<string, LivingContainer>): string {
  return living.get(container)?.mode === 'open' ? container : '';
}
