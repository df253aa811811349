/** How actions are printed in scenario files. */
import type {RecordGuard, Transition} from '../../src/model/transition.ts';
import type {ShardAction} from '../../src/ownership/shard-actions.ts';

function guardText(guard: RecordGuard): string {
  switch (guard.kind) {
    case 'own':
      return guard.mod === 0 ? 'no record' : `mod ${guard.mod}`;
    case 'ownIs':
      return 'record as hinted';
    case 'clusterMod':
      return `cluster record at ${guard.mod}`;
    case 'heartbeatExists':
      return `hb/${guard.incarnation} exists`;
    case 'heartbeatAbsent':
      return `hb/${guard.incarnation} absent`;
    case 'heartbeatCreated':
      return `hb/${guard.incarnation} is mine`;
    case 'heartbeatMod':
      return `hb/${guard.incarnation} at ${guard.mod}`;
    case 'idMod':
      return `id/${guard.container} at ${guard.mod}`;
    case 'specExists':
      return 'spec exists';
    case 'specAbsent':
      return 'spec absent';
    case 'fencingKey':
      return 'governs';
  }
}

export function transitionText({kind, shard, record, guards}: Transition): string {
  const to = record === null ? 'absent' : `${record.state} ${record.container}`;
  const extras = [
    ...(record?.ready === true ? ['ready'] : []),
    ...(record !== null && record.failures > 0
      ? [`failures ${record.failures} (${record.lastError})`]
      : []),
    ...(record?.move == null || kind === 'claim' || kind === 'ready' ? [] : [record.move.why]),
  ];
  const more = extras.length === 0 ? '' : `, ${extras.join(', ')}`;
  return `write ${shard} ${kind}: ${to}${more} [${guards.map(guardText).join('; ')}]`;
}

export function shardActionText(action: ShardAction): string {
  const {type, shard} = action;
  if (type === 'read') return `read ${shard}${action.ordered ? ', ordered' : ''}`;
  if (type === 'write') return transitionText(action.transition);
  if (type === 'add') return `add ${shard}, handle ${action.handle}`;
  if (type === 'drop') return `drop ${shard}, handle ${action.handle}: ${action.reason}`;
  if (type === 'abort') return `abort ${shard}, handle ${action.handle}: ${action.reason}`;
  if (type === 'revoke') return `revoke ${shard}, handle ${action.handle}`;
  return `stuck ${shard}: ${action.hook}`;
}
