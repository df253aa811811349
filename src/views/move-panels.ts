import {compareText} from '../model/compare-text.ts';
import {moveMark, outcomeMark} from '../model/marks.ts';
import {causeText} from '../model/move-reason.ts';
import type {LiveFinished, LiveMove} from '../protocol/admin-live.ts';
import {ID, LEAVES} from './columns.ts';
import type {CellContext, Column} from './columns.ts';
import {byName, byRank, quoted, toneOfMark} from './panel.ts';
import type {Detail, Panel} from './panel.ts';
import {ageSince, noted, safe, spanText} from './text.ts';
import {WHY_LEAST_COLUMNS} from './limits.ts';

const STEPS: Readonly<Record<LiveMove['step'], string>> = {
  dropping: '1/4 dropping',
  free: '2/4 free',
  assigned: '3/4 assigned',
  adding: '4/4 adding',
};

const MOVE_COLUMNS: readonly Column<LiveMove>[] = [
  {header: 'SHARD', value: ({shard}) => safe(shard), ...ID},
  {header: 'APP', value: ({service}) => safe(service), ...ID, leaves: LEAVES.app},
  {header: 'FROM', value: ({from}) => safe(from) || '-', ...ID},
  {header: 'TO', value: ({to}) => safe(to) || '-', ...ID},
  {header: 'STEP', value: ({step}) => STEPS[step]},
  {
    header: 'AGE',
    value: ({startedAt}, {nowMs}) => ageSince(startedAt, nowMs) || '-',
    right: true,
    leaves: LEAVES.age,
  },
  {header: 'WHY', value: whyText, leaves: LEAVES.note, least: WHY_LEAST_COLUMNS},
  {header: 'MOVE', value: ({id}) => safe(id) || '-', leaves: LEAVES.wide, wide: true},
];

const FINISHED_COLUMNS: readonly Column<LiveFinished>[] = [
  {header: 'SHARD', value: ({shard}) => safe(shard), ...ID},
  {header: 'APP', value: ({service}) => safe(service), ...ID, leaves: LEAVES.app},
  {header: 'FROM', value: ({from}) => safe(from) || '-', ...ID},
  {header: 'TO', value: ({to}) => safe(to) || '-', ...ID},
  {header: 'TOOK', value: tookText, right: true},
  {
    header: 'ENDED',
    value: ({endedAt}, {nowMs}) => `${ageSince(endedAt, nowMs)} ago`,
    right: true,
    leaves: LEAVES.age,
  },
  {header: 'WHY', value: finishedWhy, leaves: LEAVES.note, least: WHY_LEAST_COLUMNS},
  {header: 'MOVE', value: ({id}) => safe(id) || '-', leaves: LEAVES.wide, wide: true},
];

export const MOVE_PANEL: Panel<'moves'> = {
  section: 'moves',
  title: 'moves',
  columns: MOVE_COLUMNS,
  mark: moveMark,
  tone: (row) => toneOfMark(moveMark(row)),
  sorts: [
    {name: 'trouble', compare: (a, b) => Number(b.stuck) - Number(a.stuck) || byStart(a, b)},
    {name: 'shard', compare: byName},
    {name: 'from', compare: (a, b) => compareText(a.from, b.from) || byName(a, b)},
  ],
  words: ({shard, service, from, to, step, why, note}) => [
    shard,
    service,
    from,
    to,
    step,
    why,
    note,
  ],
  details: moveDetails,
  empty: 'nothing moves',
};

export const FINISHED_PANEL: Panel<'finished'> = {
  section: 'finished',
  title: 'done',
  columns: FINISHED_COLUMNS,
  mark: ({outcome}) => outcomeMark(outcome),
  tone: ({outcome}) => toneOfMark(outcomeMark(outcome)),
  sorts: [
    {name: 'newest', compare: (a, b) => compareText(b.endedAt, a.endedAt) || byName(a, b)},
    {name: 'failed', compare: byRank(({outcome}) => Number(outcome !== 'done'))},
  ],
  words: ({shard, service, from, to, why, outcome, note}) => [
    shard,
    service,
    from,
    to,
    why,
    outcome,
    note,
  ],
  details: finishedDetails,
  empty: 'nothing has moved',
};

function byStart(a: LiveMove, b: LiveMove): number {
  return compareText(a.startedAt, b.startedAt) || byName(a, b);
}

function whyText({why, note, failures, numbers}: LiveMove): string {
  return noted(
    causeText({why: why || 'first placement', numbers}),
    failures > 0 ? `${failures} failures: ${note}` : note,
  );
}

function finishedWhy({why, note, numbers}: LiveFinished): string {
  return noted(causeText({why, numbers}), note);
}

function tookText({startedAt, endedAt}: LiveFinished): string {
  const tookMs = Date.parse(endedAt) - Date.parse(startedAt);
  return Number.isNaN(tookMs) ? '-' : spanText(tookMs);
}

function moveDetails(row: LiveMove, {nowMs}: CellContext): Detail[] {
  const {shard, service, from, to, step, startedAt} = row;
  return [
    [
      'move',
      `${safe(row.id) || '-'}, since ${safe(startedAt) || '-'} (${ageSince(startedAt, nowMs) || '-'})`,
    ],
    ['way', `${safe(from) || '-'} to ${safe(to) || '-'}`],
    ['step', `${STEPS[step]}${row.stuck ? ', STUCK' : ''}`],
    ['why', whyText(row)],
    ['more', `sm shard get -a ${quoted(safe(service))} ${quoted(safe(shard))}`],
  ];
}

function finishedDetails(row: LiveFinished): Detail[] {
  const {shard, service, from, to, outcome, startedAt, endedAt} = row;
  return [
    ['move', `${safe(row.id) || '-'}, ${outcome} after ${tookText(row)}`],
    ['way', `${safe(from) || '-'} to ${safe(to) || '-'}`],
    ['time', `${safe(startedAt)} to ${safe(endedAt)}`],
    ['why', finishedWhy(row)],
    ['more', `sm shard get -a ${quoted(safe(service))} ${quoted(safe(shard))}`],
  ];
}
