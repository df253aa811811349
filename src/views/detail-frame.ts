/** What is shown on demand: details of the selected row, and the keys. Pure. */
import {fit, widthOf, wrapped} from '../model/text-width.ts';
import {KEY_HELP} from './keys.ts';
import {line, span} from './line.ts';
import type {Line} from './line.ts';
import {safe} from './text.ts';
import {contextOf, selectedRow} from './view-state.ts';
import type {ViewState} from './view-state.ts';
import {DETAIL_LABEL_WIDTH, DETAIL_KEY_WIDTH} from './limits.ts';

/** Details of the selected row, each whole in as many lines as it takes; none when nothing is selected. */
export function detailsOf(state: ViewState): readonly Line[][] {
  const row = selectedRow(state);
  const panel = state.spec.slots[state.focus]?.panel;
  if (row === undefined || panel === undefined) return [];
  const width = state.size.columns - DETAIL_LABEL_WIDTH;
  return panel
    .details(row, contextOf(state))
    .map(([label, text]) =>
      wrapped(text, width).map((part, index) => [
        span(fit(index === 0 ? label : '', DETAIL_LABEL_WIDTH), 'dim'),
        span(part),
      ]),
    );
}

/** Exactly `height` lines, or none when nothing is selected. */
export function detailFrame(state: ViewState, height: number): Line[] {
  const row = selectedRow(state);
  if (height === 0 || row === undefined) return [];
  const title = `-- ${safe('id' in row && row.id !== '' ? row.id : row.key)} `;
  const rule = '-'.repeat(Math.max(0, state.size.columns - widthOf(title)));
  const details = detailsOf(state);
  // The command that tells more stands last and must not be what is cut off.
  const last = details.at(-1) ?? [];
  const first = details.slice(0, -1).flat();
  const lines = [...first.slice(0, Math.max(0, height - 1 - last.length)), ...last];
  return [[span(title, 'head'), span(rule, 'dim')], ...lines.slice(0, height - 1)];
}

const NOTES = [
  'marks  + ready   - cordoned, paused   ~ draining   ! suspect, silent, stuck',
  '       x lost, failed   > running   . queued, waiting   ? unreadable, unknown',
  'SHARDS n/m: of at most m.  FILL: of that; without a limit as in 1.2x the mean',
];

/** On a low screen the keys stand in two columns. How to leave it is said by the line of keys. */
export function helpFrame(height: number, columns: number): Line[] {
  const isLow = height < KEY_HELP.length + NOTES.length;
  const rows = isLow ? Math.ceil(KEY_HELP.length / 2) : KEY_HELP.length;
  const width = isLow ? Math.floor(columns / 2) : columns;
  const keys = Array.from({length: rows}, (_, row) =>
    [KEY_HELP[row], KEY_HELP[row + rows]].flatMap((pair) =>
      pair === undefined ? [] : keyText(pair, width),
    ),
  );
  return [...keys, ...NOTES.map((note) => line(note, 'dim'))].slice(0, Math.max(0, height));
}

function keyText([key, text]: readonly [string, string], width: number): Line {
  return [span(fit(key, DETAIL_KEY_WIDTH), 'head'), span(fit(text, width - DETAIL_KEY_WIDTH))];
}
