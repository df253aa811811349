/** Columns of a table, and which of them there is room for. Pure. */
import {cutMiddle, fit, widthOf} from '../model/text-width.ts';
import {COLUMN_GAP, COLUMN_LEAST, ID_LEAST_COLUMNS} from './limits.ts';

/** What a cell needs besides its row. */
export interface CellContext {
  /** The daemon's wall clock, ms. */
  readonly nowMs: number;
}

export interface Column<Row> {
  readonly header: string;
  readonly value: (row: Row, context: CellContext) => string;
  readonly right?: boolean;
  /** The column with the highest number leaves first when the line is too long. Without one it stays. */
  readonly leaves?: number;
  /** It may be cut down to so many columns before any column leaves; without it, only at the last. */
  readonly least?: number;
  /** An id: where it has to be cut, its two ends are kept. */
  readonly isId?: boolean;
  /** Only when asked for wide. */
  readonly wide?: boolean;
  /** The column is there only while this is so of some row. */
  readonly onlyFor?: (row: Row) => boolean;
}

/** The order in which columns leave. */
export const LEAVES = {
  wide: 10,
  note: 9,
  age: 8,
  version: 7,
  zone: 6,
  app: 5,
  bar: 4,
  late: 3,
  last: 2,
};

export interface FittedColumn<Row> {
  readonly column: Column<Row>;
  readonly width: number;
}

interface Sized<Row> extends FittedColumn<Row> {
  readonly natural: number;
}

export interface TableRows<Row> {
  /** Widths come from all rows, not from those shown: a table that trembles while it scrolls cannot be read. */
  readonly all: readonly Row[];
  readonly shown: readonly Row[];
}

/** Columns and widths for these rows so that a line takes at most `width`. */
export function fitColumns<Row extends object>(
  columns: readonly Column<Row>[],
  rows: TableRows<Row>,
  context: CellContext,
  width: number,
): readonly FittedColumn<Row>[] {
  const wanted = columns.filter(({onlyFor}) => onlyFor === undefined || rows.all.some(onlyFor));
  let sized = wanted.map((column) => sizedBy(column, rows, context));
  for (;;) {
    const excess = lengthOf(sized) - width;
    if (excess <= 0) return sized;
    const shrunk = shrink(sized, excess);
    if (lengthOf(shrunk) <= width) return shrunk;
    const leaving = sized.reduce((most, {column}) => Math.max(most, column.leaves ?? 0), 0);
    if (leaving === 0) return squeezed(sized, width);
    sized = sized.filter(({column}) => column.leaves !== leaving);
  }
}

export function headerText<Row>(columns: readonly FittedColumn<Row>[]): string {
  return joined(columns.map(({column, width}) => fit(column.header, width, column.right)));
}

export function rowText<Row>(
  columns: readonly FittedColumn<Row>[],
  row: Row,
  context: CellContext,
): string {
  return joined(
    columns.map(({column, width}) => {
      const text = column.value(row, context);
      return fit(column.isId === true ? cutMiddle(text, width) : text, width, column.right);
    }),
  );
}

/** What an id adds to its column: one long one is cut before it costs the others their place. */
export const ID = {isId: true, least: ID_LEAST_COLUMNS};

function joined(cells: readonly string[]): string {
  return cells.join(' '.repeat(COLUMN_GAP)).trimEnd();
}

/**
 * What a row that is not shown would take, as measured when it was first seen: rows are replaced when they change, and
 * measuring a thousand of them anew for each frame is most of what a frame costs. An age may have grown by a letter since.
 */
const measured = new WeakMap<object, WeakMap<object, number>>();

function sizedBy<Row extends object>(
  column: Column<Row>,
  {all, shown}: TableRows<Row>,
  context: CellContext,
): Sized<Row> {
  const widths = measured.get(column) ?? new WeakMap<object, number>();
  measured.set(column, widths);
  let natural = widthOf(column.header);
  for (const row of all) {
    let width = widths.get(row);
    if (width === undefined) {
      width = widthOf(column.value(row, context));
      widths.set(row, width);
    }
    natural = Math.max(natural, width);
  }
  for (const row of shown) natural = Math.max(natural, widthOf(column.value(row, context)));
  return {column, natural, width: natural};
}

function lengthOf(sized: readonly {readonly width: number}[]): number {
  return sized.reduce((sum, {width}) => sum + width, COLUMN_GAP * Math.max(0, sized.length - 1));
}

/** Takes from the columns that may be cut, the last first. */
function shrink<Row>(sized: readonly Sized<Row>[], excess: number): Sized<Row>[] {
  let left = excess;
  const shrunk = [...sized].reverse().map((each) => {
    const {least} = each.column;
    if (least === undefined) return each;
    const take = Math.max(0, Math.min(left, each.width - least));
    left -= take;
    return {...each, width: each.width - take};
  });
  return shrunk.reverse();
}

/** Takes from the widest until it fits. */
function squeezed<Row>(sized: readonly Sized<Row>[], width: number): Sized<Row>[] {
  const shorter = sized.map((each) => ({...each}));
  for (let excess = lengthOf(shorter) - width; excess > 0; excess--) {
    const widest = shorter.reduce((a, b) => (b.width > a.width ? b : a));
    if (widest.width <= COLUMN_LEAST) break;
    widest.width--;
  }
  return shorter;
}
