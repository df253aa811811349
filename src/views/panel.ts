/** One list of a view: which rows, how they are marked, sorted, searched and shown in detail. */
import {compareText} from '../model/compare-text.ts';
import type {Mark} from '../model/marks.ts';
import type {LiveRowOf, LiveSection} from '../protocol/admin-live.ts';
import type {CellContext, Column} from './columns.ts';
import type {Tone} from './line.ts';

export interface Sort<Row> {
  readonly name: string;
  readonly compare: (a: Row, b: Row) => number;
}

/** A label and what it says. */
export type Detail = readonly [string, string];

export interface Panel<S extends LiveSection = LiveSection> {
  readonly section: S;
  /** Plural, as in `9 containers`. */
  readonly title: string;
  readonly columns: readonly Column<LiveRowOf[S]>[];
  readonly mark: (row: LiveRowOf[S]) => Mark;
  readonly tone: (row: LiveRowOf[S]) => Tone;
  /** The first is the one to start with. */
  readonly sorts: readonly Sort<LiveRowOf[S]>[];
  /** What a filter looks into. */
  readonly words: (row: LiveRowOf[S]) => readonly string[];
  readonly details: (row: LiveRowOf[S], context: CellContext) => readonly Detail[];
  /** What is said in place of rows when there are none. */
  readonly empty: string;
}

/** A panel whose rows and functions belong together, taken as one of any section. */
export function anyPanel<S extends LiveSection>(panel: Panel<S>): Panel {
  return panel as unknown as Panel;
}

export function byName(a: {readonly key: string}, b: {readonly key: string}): number {
  return compareText(a.key, b.key);
}

/** By rank, the highest first, then by name. */
export function byRank<Row extends {readonly key: string}>(rank: (row: Row) => number) {
  return (a: Row, b: Row): number => rank(b) - rank(a) || byName(a, b);
}

export function toneOfMark(mark: Mark): Tone {
  if (mark === '+') return 'good';
  if (mark === 'x' || mark === '?') return 'bad';
  return mark === '!' || mark === '~' || mark === '-' ? 'warn' : 'plain';
}

/** An argument as a shell takes it. */
export function quoted(argument: string): string {
  return /^[A-Za-z0-9_.:/@%+=,-]+$/.test(argument)
    ? argument
    : `'${argument.replaceAll("'", `'\\''`)}'`;
}
