import {waitsText} from '../model/move-wait.ts';
import {noteText as noteTextOf} from '../model/operator-note.ts';
import {troubleCount} from '../model/health.ts';
import {appMark} from '../model/marks.ts';
import type {LiveApp} from '../protocol/admin-live.ts';
import {ID, LEAVES} from './columns.ts';
import type {Column} from './columns.ts';
import {byName, byRank, quoted, toneOfMark} from './panel.ts';
import type {Detail, Panel} from './panel.ts';
import {bar, percent, safe} from './text.ts';
import {APP_BAR_WIDTH, NOTE_LEAST_COLUMNS} from './limits.ts';

const COLUMNS: readonly Column<LiveApp>[] = [
  {header: 'APP', value: ({service}) => safe(service), ...ID},
  {header: 'STATE', value: ({health}) => health},
  {header: 'READY', value: ({shards}) => `${shards.ready}/${shards.total}`, right: true},
  {header: '', value: readyBar, leaves: LEAVES.bar},
  {header: 'CONTAINERS', value: containersText},
  {
    header: 'ALARMS',
    value: ({alarms}) => (alarms.length === 0 ? '-' : String(alarms.length)),
    leaves: LEAVES.last,
  },
  {header: 'GOVERNOR', value: ({governor}) => safe(governor) || '-', leaves: LEAVES.zone},
  {header: 'NOTE', value: noteText, leaves: LEAVES.note, least: NOTE_LEAST_COLUMNS},
  {
    header: 'MAX',
    value: ({maxShardCount}) => String(maxShardCount || '-'),
    leaves: LEAVES.wide,
    wide: true,
    right: true,
  },
  {
    header: 'RECOVERY',
    value: ({maxRecoveryTime}) => `${maxRecoveryTime}s`,
    leaves: LEAVES.wide,
    wide: true,
    right: true,
  },
];

export const APP_PANEL: Panel<'apps'> = {
  section: 'apps',
  title: 'apps',
  columns: COLUMNS,
  mark: appMark,
  tone: (row) => toneOfMark(appMark(row)),
  sorts: [
    {name: 'trouble', compare: byRank((row) => troubleCount(row))},
    {name: 'name', compare: byName},
    {name: 'shards', compare: byRank(({shards}) => shards.total)},
  ],
  words: (row) => [row.service, row.health, row.governor],
  details: detailsOf,
  empty: 'no app yet: create one with sm app create NAME',
};

function readyBar({shards}: LiveApp): string {
  const share = shards.total === 0 ? 1 : shards.ready / shards.total;
  return `${bar(share, APP_BAR_WIDTH)} ${percent(share).padStart(4)}`;
}

/** `8` while all are ready, else `8: 6 ready 1 lost`. */
function containersText({containers}: LiveApp): string {
  const states = Object.entries(containers).filter(([, count]) => count > 0);
  const total = states.reduce((sum, [, count]) => sum + count, 0);
  if (states.every(([state]) => state === 'ready')) return String(total);
  return `${total}: ${states.map(([state, count]) => `${count} ${safe(state)}`).join(' ')}`;
}

function noteText({shards, alarms, pause, quiet, waits = []}: LiveApp): string {
  const counts = [
    shards.unplaced > 0 ? `${shards.unplaced} unplaced` : '',
    shards.failed > 0 ? `${shards.failed} failed` : '',
    shards.quarantined > 0 ? `${shards.quarantined} unreadable` : '',
    shards.moving > 0 ? `${shards.moving} moving` : '',
    quiet === null ? '' : quietText(quiet),
    safe(waitsText(waits)),
  ];
  const [alarm] = alarms;
  const paused = pause === null ? '' : safe(`paused ${noteTextOf(pause)}`);
  return [...counts, paused, alarm === undefined ? '' : safe(`${alarm.code}: ${alarm.text}`)]
    .filter((part) => part !== '')
    .join(', ');
}

/** Why nothing moves for balance, and until when. */
function quietText({until, why}: NonNullable<LiveApp['quiet']>): string {
  return safe(`no moves for balance ${until === '' ? 'yet' : `until ${until}`}: ${why}`);
}

function detailsOf(row: LiveApp): Detail[] {
  const {service, shards, governor, governedAt, maxShardCount, maxRecoveryTime, maxMoving} = row;
  return [
    ['state', row.health],
    [
      'shards',
      `${shards.ready} of ${shards.total} ready, ${shards.moving} moving, ${shards.unplaced} unplaced, ${shards.failed} failed`,
    ],
    ['containers', containersText(row)],
    ['governor', `${safe(governor) || '-'}, last update ${safe(governedAt) || '-'}`],
    [
      'limits',
      `max shards ${maxShardCount || 'none'}, moving ${maxMoving}, recovery ${maxRecoveryTime}s`,
    ],
    ...(row.paused ? [['paused', safe(noteTextOf(row.pause)) || '-'] as Detail] : []),
    ...(row.quiet === null ? [] : [['quiet', quietText(row.quiet)] satisfies Detail]),
    ...(row.waits ?? []).map(({text}): Detail => ['wait', safe(`moves wait for ${text}`)]),
    ...row.alarms.map(({code, text, since}): Detail => [
      'alarm',
      safe(`${code} since ${since}: ${text}`),
    ]),
    ['more', `sm app get ${quoted(safe(service))}`],
  ];
}
