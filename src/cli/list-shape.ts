/** Which part of a list is shown, and in which order. Nothing is cut without a word. */
import {Flags} from '@oclif/core';
import {SmError} from '../model/errors.ts';
import {nearestWords} from '../model/nearest.ts';
import type {Column, ListResult} from './output.ts';

/** Of every command that lists. */
export const listFlags = {
  'sort-by': Flags.string({description: 'column to sort by; -COLUMN reverses the order'}),
  limit: Flags.integer({description: 'maximum number of rows to show', min: 1}),
};

export interface ListShape {
  readonly sortBy?: string | undefined;
  readonly limit?: number | undefined;
}

/** The list sorted and cut; `matched` counts what there was. @throws SmError INVALID_INPUT for an unknown column. */
export function shaped<Row>(result: ListResult<Row>, {sortBy, limit}: ListShape): ListResult<Row> {
  const sorted = sortBy === undefined ? result.items : sortedBy(result, sortBy);
  const items = limit === undefined ? sorted : sorted.slice(0, limit);
  const matched = Math.max(
    (result.fields as {matched?: number} | undefined)?.matched ?? 0,
    sorted.length,
  );
  const fields = {...result.fields, matched};
  if (items.length === matched) return {...result, items, fields};
  const note = `showing ${items.length} of ${matched}`;
  return {...result, items, fields, note};
}

/** As flags and scripts name a column: `max-shards` for MAX SHARDS. */
function columnName({header}: {header: string}): string {
  return header.toLowerCase().replaceAll(' ', '-');
}

function sortedBy<Row>({items, columns}: ListResult<Row>, sortBy: string): Row[] {
  const down = sortBy.startsWith('-');
  const wanted = (down ? sortBy.slice(1) : sortBy).toLowerCase();
  const column = columns.find((one) => columnName(one) === wanted);
  if (column === undefined) throw unknownColumn(wanted, columns);
  const sign = down ? -1 : 1;
  return items.toSorted((a, b) => sign * compared(column.value(a), column.value(b)));
}

function compared(a: string | number | boolean, b: string | number | boolean): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return String(a) < String(b) ? -1 : String(a) > String(b) ? 1 : 0;
}

function unknownColumn<Row>(wanted: string, columns: readonly Column<Row>[]): SmError {
  const names = columns.map(columnName);
  const near = nearestWords(wanted, names);
  return new SmError('INVALID_INPUT', `there is no column ${wanted}`, {
    hint: near.length === 0 ? `use one of ${names.join(', ')}` : `did you mean ${near.join(', ')}?`,
  });
}
