/** Text for people by what it takes on a terminal: a letter may take two columns, or none. Whoever cuts or pads text does it here. */
import stringWidth from 'string-width';

/** Letters of one column each: the usual case, and forty times as fast. */
const PLAIN = /^[\u0020-\u007e]*$/;
const CUT = '…';
const graphemes = new Intl.Segmenter(undefined, {granularity: 'grapheme'});

/** Columns that the text takes. */
export function widthOf(text: string): number {
  return PLAIN.test(text) ? text.length : stringWidth(text);
}

/** At most `width` columns; what is cut off is shown by an ellipsis. No grapheme is torn. */
export function cut(text: string, width: number): string {
  if (width <= 0) return '';
  if (widthOf(text) <= width) return text;
  if (PLAIN.test(text)) return text.slice(0, width - 1) + CUT;
  let kept = '';
  let used = 0;
  for (const {segment} of graphemes.segment(text)) {
    const next = used + stringWidth(segment);
    if (next > width - 1) break;
    kept += segment;
    used = next;
  }
  return kept + CUT;
}

/** Exactly `width` columns. */
export function fit(text: string, width: number, right = false): string {
  const shown = cut(text, width);
  const space = ' '.repeat(Math.max(0, width - widthOf(shown)));
  return right ? space + shown : shown + space;
}
