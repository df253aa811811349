import {compareText} from '../model/compare-text.ts';
import {loadsText} from '../model/load-text.ts';
import {shardMark} from '../model/marks.ts';
import {shardTrouble} from '../model/trouble.ts';
import type {LiveShard} from '../protocol/admin-live.ts';
import {ID, LEAVES} from './columns.ts';
import type {CellContext, Column} from './columns.ts';
import {byName, byRank, quoted, toneOfMark} from './panel.ts';
import type {Detail, Panel} from './panel.ts';
import {ageSince, noted, safe} from './text.ts';
import {NOTE_LEAST_COLUMNS} from './limits.ts';

const COLUMNS: readonly Column<LiveShard>[] = [
  {header: 'SHARD', value: ({id}) => safe(id), ...ID},
  {
    header: 'STATE',
    value: ({state, removing}) => `${state.toUpperCase()}${removing ? ' REMOVING' : ''}`,
  },
  {header: 'CONTAINER', value: ({container}) => safe(container) || '-', ...ID},
  {
    header: 'LOAD',
    value: ({currentLoad = {}}) => safe(loadsText(currentLoad)) || '-',
    leaves: LEAVES.bar,
    onlyFor: ({currentLoad}) => currentLoad !== undefined,
  },
  {header: 'AGE', value: ageText, right: true, leaves: LEAVES.age},
  {header: 'NOTE', value: noteText, leaves: LEAVES.note, least: NOTE_LEAST_COLUMNS},
  {header: 'GROUP', value: ({group}) => safe(group) || '-', leaves: LEAVES.wide, wide: true},
  {
    header: 'POOL',
    value: ({workerGroup}) => safe(workerGroup) || '-',
    leaves: LEAVES.wide,
    wide: true,
  },
  {
    header: 'PIN',
    value: ({manualContainerId}) => safe(manualContainerId) || '-',
    ...ID,
    leaves: LEAVES.wide,
    wide: true,
  },
  {header: 'TOKEN', value: ({token}) => safe(token) || '-', leaves: LEAVES.wide, wide: true},
];

export const SHARD_PANEL: Panel<'shards'> = {
  section: 'shards',
  title: 'shards',
  columns: COLUMNS,
  mark: ({state}) => shardMark(state),
  tone: ({state}) => toneOfMark(shardMark(state)),
  sorts: [
    {name: 'trouble', compare: byRank(({state}) => shardTrouble(state))},
    {name: 'name', compare: byName},
    {name: 'container', compare: (a, b) => compareText(a.container, b.container) || byName(a, b)},
  ],
  // The daemon looks into the same two.
  words: ({id, container}) => [id, container],
  details: detailsOf,
  empty: 'no shard matches',
};

/** How long it has been on its way. */
function ageText({move, state}: LiveShard, {nowMs}: CellContext): string {
  return move === null || state === 'ready' ? '' : ageSince(move.startedAt, nowMs);
}

function noteText({reason, lastError, move, state}: LiveShard): string {
  const going =
    move === null || state === 'ready'
      ? ''
      : `${move.why}: ${move.from || '-'} to ${move.to || '-'}`;
  return noted(reason, lastError, going);
}

function detailsOf(row: LiveShard): Detail[] {
  const {id, service, state, container, incarnation, token, failures} = row;
  const details: Detail[] = [
    ['state', `${state.toUpperCase()}${row.removing ? ', its spec is deleted' : ''}`],
    ['container', `${safe(container) || '-'}, incarnation ${safe(incarnation) || '-'}`],
    ['token', safe(token) || '-'],
    [
      'group',
      `${safe(row.group) || '-'}, worker group ${safe(row.workerGroup) || '-'}, pin ${safe(row.manualContainerId) || '-'}`,
    ],
  ];
  if (failures > 0) details.push(['failures', `${failures}: ${safe(row.lastError)}`]);
  if (noteText(row) !== '') details.push(['note', noteText(row)]);
  if (row.move !== null)
    details.push([
      'last move',
      `${safe(row.move.why)}, from ${safe(row.move.from) || '-'}, at ${safe(row.move.startedAt)}`,
    ]);
  details.push(['more', `sm shard get -a ${quoted(safe(service))} ${quoted(safe(id))}`]);
  return details;
}
