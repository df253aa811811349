/** A line of a frame: what stands in it and how it is to be seen. Data, so that its width is known before it is drawn. */
import {cut, widthOf} from '../model/text-width.ts';
import {SPREAD_LEAST_COLUMNS} from './limits.ts';

export type Tone = 'plain' | 'good' | 'warn' | 'bad' | 'dim' | 'head' | 'selected';

export interface Span {
  readonly text: string;
  readonly tone: Tone;
}

export type Line = readonly Span[];

export function span(text: string, tone: Tone = 'plain'): Span {
  return {text, tone};
}

export function line(text: string, tone: Tone = 'plain'): Line {
  return [span(text, tone)];
}

function lineWidth(spans: Line): number {
  return spans.reduce((sum, {text}) => sum + widthOf(text), 0);
}

/** At most `width` columns, without spaces at its end. */
export function clipped(spans: Line, width: number): Line {
  const kept: Span[] = [];
  let left = width;
  for (const {text, tone} of spans) {
    if (left <= 0) break;
    const shown = cut(text, left);
    left -= widthOf(shown);
    kept.push({text: shown, tone});
  }
  return trimmed(kept);
}

/** Left and right text at the two ends of a line of this width; the left one gives way. */
export function spread(left: Line, right: Line, width: number): Line {
  const free = width - lineWidth(right);
  if (free < SPREAD_LEAST_COLUMNS) return clipped(right, width);
  const shown = clipped(left, free - 2);
  const space = ' '.repeat(free - lineWidth(shown));
  return [...shown, span(space), ...right];
}

export function textOf(spans: Line): string {
  return spans.map(({text}) => text).join('');
}

function trimmed(spans: readonly Span[]): Line {
  const kept = [...spans];
  for (let last = kept.at(-1); last !== undefined; last = kept.at(-1)) {
    if (last.tone === 'selected') break;
    const text = last.text.trimEnd();
    kept.pop();
    if (text === '') continue;
    kept.push({...last, text});
    break;
  }
  return kept;
}
