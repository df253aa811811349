import {drainProgress} from '../model/drain-progress.ts';
import {highestRatio, ratiosText} from '../model/load-text.ts';
import {containerWords} from '../model/container-words.ts';
import {containerMark} from '../model/marks.ts';
import {permissionText} from '../model/stop-permission.ts';
import {containerTrouble} from '../model/trouble.ts';
import type {LiveContainer} from '../protocol/admin-live.ts';
import {ID, LEAVES} from './columns.ts';
import type {CellContext, Column} from './columns.ts';
import {byName, byRank, quoted, toneOfMark} from './panel.ts';
import type {Detail, Panel} from './panel.ts';
import {ageSince, bar, noted, percent, safe} from './text.ts';
import {CONTAINER_BAR_WIDTH, LOAD_BAR_WIDTH, NOTE_LEAST_COLUMNS} from './limits.ts';

const COLUMNS: readonly Column<LiveContainer>[] = [
  {header: 'CONTAINER', value: ({id}) => safe(id) || '?', ...ID},
  {header: 'APP', value: ({service}) => safe(service), ...ID, leaves: LEAVES.app},
  {header: 'ZONE', value: ({zone}) => safe(zone) || '-', leaves: LEAVES.zone},
  {header: 'STATE', value: stateText},
  {header: 'SHARDS', value: shardsText, right: true},
  {header: 'FILL', value: fillText, leaves: LEAVES.bar},
  {
    header: 'LOAD',
    value: loadText,
    leaves: LEAVES.bar,
    onlyFor: ({load}) => load !== undefined,
  },
  {header: 'MOVES', value: movesText, leaves: LEAVES.last},
  {header: 'HEARTBEAT', value: heartbeatText, leaves: LEAVES.late},
  {header: 'VER', value: ({version}) => safe(version) || '-', leaves: LEAVES.version},
  {header: 'NOTE', value: noteText, leaves: LEAVES.note, least: NOTE_LEAST_COLUMNS},
  {
    header: 'ENDPOINT',
    value: ({endpoint}) => safe(endpoint) || '-',
    leaves: LEAVES.wide,
    wide: true,
  },
  {header: 'PID', value: ({pid}) => String(pid), leaves: LEAVES.wide, wide: true, right: true},
  {
    header: 'INCARNATION',
    value: ({incarnation}) => safe(incarnation) || '-',
    leaves: LEAVES.wide,
    wide: true,
  },
];

export const CONTAINER_PANEL: Panel<'containers'> = {
  section: 'containers',
  title: 'containers',
  columns: COLUMNS,
  mark: ({state}) => containerMark(state),
  tone: ({state}) => toneOfMark(containerMark(state)),
  sorts: [
    {name: 'trouble', compare: byRank(troubleOf)},
    {name: 'name', compare: byName},
    {name: 'shards', compare: byRank(({shards}) => shards.total)},
  ],
  words: containerWords,
  details: detailsOf,
  empty: 'no container: start one with sm container run',
};

function troubleOf({state, lateSince}: LiveContainer): number {
  return containerTrouble(state) + (lateSince === '' ? 0 : 1);
}

/** The word, with what changes about it: how long, or how much is left. */
function stateText({state, since, shards}: LiveContainer, {nowMs}: CellContext): string {
  const word = state.toUpperCase();
  if (state === 'draining' || state === 'leaving') return `${word} ${shards.total} left`;
  const age = state === 'ready' || state === 'cordoned' ? '' : ageSince(since, nowMs);
  return age === '' ? word : `${word} ${age}`;
}

/** Of what it may hold, where the app has a limit. */
function shardsText({shards, capacity}: LiveContainer): string {
  return capacity > 0 ? `${shards.total}/${capacity}` : String(shards.total);
}

/** How full it is; without a limit nothing is full: then against what it would hold if all were alike. */
function fillText({shards, capacity, share}: LiveContainer): string {
  if (capacity > 0) {
    const filled = shards.total / capacity;
    return `${bar(filled, CONTAINER_BAR_WIDTH)} ${percent(filled).padStart(4)}`;
  }
  return share > 0 ? `${(shards.total / share).toFixed(1)}x the mean` : '-';
}

/** The metric that is furthest above the share; the bar is full at twice the share. */
function loadText({loadRatio = {}}: LiveContainer): string {
  const [metric = '', ratio = 0] = highestRatio(loadRatio) ?? [];
  return metric === ''
    ? '-'
    : `${bar(ratio / 2, LOAD_BAR_WIDTH)} ${ratio.toFixed(2)}x ${safe(metric)}`;
}

function movesText({shards}: LiveContainer): string {
  const {total, ready, dropping} = shards;
  const coming = Math.max(0, total - ready - dropping);
  const parts = [dropping > 0 ? `out ${dropping}` : '', coming > 0 ? `in ${coming}` : ''];
  return parts.filter((part) => part !== '').join(' ') || '-';
}

function heartbeatText(row: LiveContainer, {nowMs}: CellContext): string {
  if (row.incarnation === '' || row.state === 'lost') return 'none';
  if (row.lateSince !== '') return `${ageSince(row.lateSince, nowMs)} ago`;
  return row.state === 'silent' ? 'silent' : 'on time';
}

function noteText(row: LiveContainer, {nowMs}: CellContext): string {
  const {problem, note, order} = row;
  return noted(problem, note, drainProgress(row), order?.reason ?? '', stopText(row, nowMs));
}

/** Who may stop it, while the lease lasts. */
function stopText({stop}: Partial<LiveContainer>, nowMs: number): string {
  if (stop === null || stop === undefined || Date.parse(stop.until) <= nowMs) return '';
  return permissionText(stop);
}

function shareText({weight, override}: LiveContainer): string {
  if (override === null) return `weight ${weight}`;
  const {by, at, reason} = override;
  return `weight ${weight}, set by ${safe(by)} at ${safe(at)}: ${safe(reason) || '-'}`;
}

function detailsOf(row: LiveContainer, context: CellContext): Detail[] {
  const {id, service, state, since, shards, endpoint, pid, zone, version, order} = row;
  const name = quoted(safe(id));
  const details: Detail[] = [
    ['state', `${state.toUpperCase()}${since === '' ? '' : ` since ${safe(since)}`}`],
    ['heartbeat', `${heartbeatText(row, context)}, T ${row.ttlMs} ms`],
    ['shards', `${shards.ready} of ${shards.total} ready, ${shards.dropping} on their way out`],
    [
      'process',
      `${safe(endpoint) || '-'}, pid ${pid}, zone ${safe(zone) || '-'}, version ${safe(version) || '-'}`,
    ],
    ...(row.override === null && row.weight === 1
      ? []
      : [['share', shareText(row)] satisfies Detail]),
    ['incarnation', safe(row.incarnation) || '-'],
  ];
  if (row.load !== undefined)
    details.push(['load', safe(ratiosText(row.load, row.loadRatio ?? {})) || '-']);
  if (order !== null)
    details.push([
      order.order,
      `by ${safe(order.by)} at ${safe(order.at)}: ${safe(order.reason) || '-'}`,
    ]);
  const note = noteText(row, context);
  if (note !== '') details.push(['note', note]);
  details.push(['more', `sm container get -a ${quoted(safe(service))} ${name}`]);
  return details;
}
