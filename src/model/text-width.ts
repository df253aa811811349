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
  return taken(lettersOf(text), width - 1).join('') + CUT;
}

/** The same, cut off in the middle: ids of one app begin alike, and it is their end that tells one from the other. */
export function cutMiddle(text: string, width: number): string {
  if (width <= 0) return '';
  if (widthOf(text) <= width) return text;
  const letters = lettersOf(text);
  const tail = taken([...letters].reverse(), Math.floor((width - 1) / 2))
    .reverse()
    .join('');
  return taken(letters, width - 1 - widthOf(tail)).join('') + CUT + tail;
}

/** Lines of at most `width` columns; a line ends at a space where it has one. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let rest = text;
  while (widthOf(rest) > width) {
    const letters = lettersOf(rest);
    // A letter that is wider than the line stands alone.
    const most = taken(letters, width).join('') || (letters[0] ?? rest);
    if (most === rest) break;
    const space = rest[most.length] === ' ' ? most.length : most.lastIndexOf(' ');
    const end = space > 0 ? space : most.length;
    lines.push(rest.slice(0, end));
    rest = rest.slice(end).trimStart();
  }
  return [...lines, rest];
}

function lettersOf(text: string): string[] {
  return PLAIN.test(text)
    ? text.split('')
    : Array.from(graphemes.segment(text), ({segment}) => segment);
}

/** Of these letters the first that take at most `width` columns together. */
function taken(letters: readonly string[], width: number): string[] {
  const kept: string[] = [];
  let left = width;
  for (const letter of letters) {
    left -= widthOf(letter);
    if (left < 0) break;
    kept.push(letter);
  }
  return kept;
}

/** Exactly `width` columns. */
export function fit(text: string, width: number, right = false): string {
  const shown = cut(text, width);
  const space = ' '.repeat(Math.max(0, width - widthOf(shown)));
  return right ? space + shown : shown + space;
}
