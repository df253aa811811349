/** The figures above the rows. Pure. */
import {counted} from '../model/counted.ts';
import {waitsText} from '../model/move-wait.ts';
import type {LiveSummary} from '../protocol/admin-live.ts';
import {line, span, spread, textOf} from './line.ts';
import type {Line} from './line.ts';
import {ageText, bar, percent, safe, spanText} from './text.ts';
import {countsOf, shownData} from './view-state.ts';
import type {ViewState} from './view-state.ts';
import {PROGRESS_WIDTH, PACE_LEAST_MS} from './limits.ts';

const CONTAINER_STATES = [
  'ready',
  'waiting',
  'cordoned',
  'draining',
  'leaving',
  'unknown',
  'refusing',
  'unreachable',
  'suspect',
  'silent',
  'lost',
] as const;

export function figuresLine(state: ViewState): Line {
  const {filter, panels, focus, spec, size} = state;
  const summary = shownData(state).summary;
  if (summary === undefined) return line('no data yet', 'dim');
  const sorts = spec.slots[focus]?.panel.sorts ?? [];
  const sort = sorts[(panels[focus]?.sort ?? 0) % sorts.length]?.name ?? '';
  const settings = [`sort ${sort}`, ...(filter === '' ? [] : [`filter "${safe(filter)}"`])].join(
    '  ',
  );
  const right = [...shownText(state, summary), span(settings, 'dim')];
  return spread(figuresOf(state, summary), right, size.columns);
}

/** What it is all about in one line, the most important first: a small screen cuts it off behind. */
export function summaryText(state: ViewState): string {
  const summary = shownData(state).summary;
  if (summary === undefined) return 'no data yet';
  if (!summary.exists || state.spec.view === 'moves' || state.spec.view === 'apps')
    return textOf(figuresOf(state, summary));
  const [verdict] = VERDICTS[summary.health];
  const {shards, containers} = summary;
  const ready = `${shards.ready}/${shards.total} ready`;
  const words = CONTAINER_STATES.filter((word) => word !== 'ready' && (containers[word] ?? 0) > 0);
  const others = words.map((word) => `${containers[word]} ${word}`);
  return [verdict, ready, counted(containersTotal(summary), 'container'), ...others].join('  ');
}

/** What keeps moves from beginning. */
function waitingText({waits = []}: LiveSummary): Line {
  return waits.length === 0 ? [] : [span(`  ${safe(waitsText(waits))}`, 'dim')];
}

/** balancer OFF stands for a paused app: no voluntary moves, recovery goes on. */
function figuresOf(state: ViewState, summary: LiveSummary): Line {
  if (!summary.exists) return [span(`app ${safe(summary.service)} is gone`, 'bad')];
  const {apps, daemons, moves, shards} = summary;
  switch (state.spec.view) {
    case 'containers':
      return [span(containersText(summary)), ...pausedText(summary)];
    case 'shards':
      return [span(shardsText(summary)), ...pausedText(summary)];
    case 'apps':
      return [span(`${counted(apps, 'app')}, ${shardsText(summary)}`)];
    case 'moves': {
      const {running, stuck, done, failed} = moves;
      const text = `${running} running  ${stuck} stuck  ${done} done  ${failed} failed (10m)`;
      return [
        span(text),
        span(
          summary.paused ? '  balancer PAUSED' : '  balancer ON',
          summary.paused ? 'warn' : 'dim',
        ),
        ...waitingText(summary),
      ];
    }
    case 'top': {
      const leader = summary.governor === '' ? 'NO LEADER' : `leader ${safe(summary.governor)}`;
      const [verdict, tone] = VERDICTS[summary.health];
      const counts = [
        `${shards.ready}/${shards.total} ready`,
        counted(apps, 'app'),
        counted(containersTotal(summary), 'container'),
        counted(daemons, 'daemon'),
        leader,
      ];
      const text = `  ${counts.join('  ')}`;
      return [span(verdict, tone), span(text)];
    }
  }
}

const VERDICTS: Readonly<
  Record<LiveSummary['health'], readonly [string, 'good' | 'warn' | 'bad']>
> = {
  'NO LEADER': ['x NO LEADER', 'bad'],
  TROUBLE: ['! TROUBLE', 'bad'],
  REMOVING: ['~ REMOVING', 'warn'],
  MOVING: ['> MOVING', 'warn'],
  PAUSED: ['- PAUSED', 'warn'],
  UNKNOWN: ['? UNKNOWN', 'bad'],
  OK: ['+ OK', 'good'],
};

function pausedText({paused, deleting}: LiveSummary): Line {
  if (deleting) return [span('  REMOVING', 'warn')];
  return paused ? [span('  PAUSED', 'warn')] : [];
}

function containersTotal({containers}: LiveSummary): number {
  return Object.values(containers).reduce((sum, count) => sum + count, 0);
}

function containersText(summary: LiveSummary): string {
  const parts = CONTAINER_STATES.filter((state) => (summary.containers[state] ?? 0) > 0);
  const states = parts.map((state) => `${summary.containers[state]} ${state}`).join(' ');
  const total = counted(containersTotal(summary), 'container');
  return states === '' ? total : `${total}: ${states}`;
}

function shardsText({shards}: LiveSummary): string {
  const {total, ready, moving, unplaced, unknown, failed, quarantined, removing} = shards;
  const parts = [
    [ready, 'ready'],
    // What is wrong before what is on its way: a small screen cuts the line off behind.
    [failed, 'failed'],
    [quarantined, 'unreadable'],
    [unknown, 'unknown'],
    [unplaced, 'unplaced'],
    [moving, 'moving'],
    [removing, 'removing'],
  ] as const;
  const states = parts.filter(([count]) => count > 0).map(([count, word]) => `${count} ${word}`);
  return `${counted(total, 'shard')}${states.length === 0 ? '' : `: ${states.join(' ')}`}`;
}

/** Nothing is cut without a word. It stands where no figure can push it off the line. Panels with a title say it there. */
function shownText(state: ViewState, {matched}: LiveSummary): Line {
  const [slot] = state.spec.slots;
  if (slot === undefined || slot.titled) return [];
  const {found, sent, asked, all} = countsOf(state, 0);
  if (found >= all) return [];
  // Shards are searched in the daemon, which looks at all of them and sends the first that match.
  const searched = slot.panel.section === 'shards';
  const of = searched && sent < matched ? matched : all;
  const unseen = !searched && sent < asked ? ` (${sent} sent)` : '';
  return [span(`showing ${found} of ${of}${unseen}  `, 'warn')];
}

/** [#####.....]  59% (41 of 69 ready)  eta 1m  p50 18ms */
export function progressLine(state: ViewState): Line {
  const summary = shownData(state).summary;
  if (summary === undefined) return line('');
  const {ready, total} = summary.shards;
  const share = total === 0 ? 0 : ready / total;
  const left = `${bar(share, PROGRESS_WIDTH)} ${percent(share)} (${ready} of ${total} ready)`;
  const median = summary.moves.medianMs > 0 ? `  p50 ${spanText(summary.moves.medianMs)}` : '';
  return spread([span(left)], [span(`eta ${etaText(state)}${median}`)], state.size.columns);
}

/** By how the number of running moves has fallen in the last half minute. */
function etaText({pace, nowMs}: ViewState): string {
  const first = pace[0];
  const last = pace.at(-1);
  if (first === undefined || last === undefined) return '-';
  const spentMs = nowMs - first.atMs;
  const done = first.running - last.running;
  if (spentMs < PACE_LEAST_MS || done <= 0) return '-';
  return ageText((last.running * spentMs) / done);
}
