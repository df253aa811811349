/** Names for the summary: what a change was, whether lawful or not. */
import type {OwnershipRecord} from '../model/ownership.ts';
import {recordIn} from './stored.ts';
import type {Content} from './stored.ts';

/** As `own claim`, `heartbeat renew`; undefined: not counted. */
export function transitionKind(
  before: Content | undefined,
  after: Content | undefined,
): string | undefined {
  const kind = (after ?? before)?.kind;
  switch (kind) {
    case 'ownership':
      return `own ${ownKind(recordIn(before), recordIn(after))}`;
    case 'heartbeat':
      return `heartbeat ${heartbeatKind(before, after)}`;
    case 'containerId':
      return after === undefined ? 'id give-up' : 'id take';
    case 'leader':
      return after === undefined ? 'leader end' : 'leader elect';
    case 'cluster':
      return 'cluster note';
    default:
      return undefined;
  }
}

function ownKind(before: OwnershipRecord | undefined, after: OwnershipRecord | undefined): string {
  if (after === undefined) return 'forget';
  if (after.state === 'dropping') return 'drop';
  if (after.state === 'free') return before?.state === 'assigned' ? 'recall' : 'free';
  if (after.state === 'owned') {
    if (before?.state === 'assigned') return 'claim';
    return after.ready && before?.ready === false ? 'ready' : 'rewrite';
  }
  if (before === undefined || before.state === 'free') return 'assign';
  return before.state === 'assigned' ? 'redirect' : 'reassign';
}

function heartbeatKind(before: Content | undefined, after: Content | undefined): string {
  if (after === undefined) return 'delete';
  if (before?.kind !== 'heartbeat' || after.kind !== 'heartbeat') return 'register';
  return before.heartbeat.state === after.heartbeat.state ? 'renew' : after.heartbeat.state;
}
