/** Events as lines for people. The mark says what kind: `*` an operator, `+` and `x` moves, `!` containers. */
import type {EventView} from '../protocol/admin.ts';

export function eventLine(event: EventView): string {
  switch (event.type) {
    case 'audit': {
      const {at, who, operation, service, objects, objectCount, reason, revision} = event;
      const [first = ''] = objects;
      const more = objectCount > 1 ? ` and ${objectCount - 1} more` : '';
      return `${at} * ${who} ${operation} ${service} ${first}${more} at revision ${revision}${reason === '' ? '' : `: ${reason}`}`;
    }
    case 'move': {
      const {at, service, move} = event;
      const mark = move.outcome === 'done' ? '+' : 'x';
      return `${at} ${mark} ${service} ${move.shard} ${move.from || '-'} -> ${move.to || '-'} ${move.outcome} (${move.why})`;
    }
    case 'container': {
      const {at, service, container, before, state} = event;
      return `${at} ! ${service} ${container} ${before === '' ? '' : `${before} -> `}${state}`;
    }
  }
}
