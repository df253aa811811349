/** Results for people and for scripts. stdout holds the result and nothing else. */
import {jsonText} from './json-text.ts';
import {visible} from '../model/visible.ts';

export const OUTPUT_FORMATS = ['table', 'wide', 'json', 'jsonl', 'yaml', 'name'] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

export interface Column<Row> {
  readonly header: string;
  readonly value: (row: Row) => string | number | boolean;
  /** Only with `-o wide`. */
  readonly wide?: boolean;
}

/** A list: one document in JSON, one line an item in jsonl and name. */
export interface ListResult<Row> {
  readonly kind: string;
  /** Fields of the document beside `kind` and `items`. */
  readonly fields?: object;
  readonly items: readonly Row[];
  readonly name: (row: Row) => string;
  readonly columns: readonly Column<Row>[];
  /** A sentence for people when there is nothing, or when not all is shown; it goes to stderr. */
  readonly note?: string;
}

/** One object, or what became of a change. */
export interface ObjectResult {
  readonly kind: string;
  readonly fields: object;
  readonly name: string;
  /** Lines for people. */
  readonly lines: readonly string[];
}

export async function renderList<Row>(
  result: ListResult<Row>,
  format: OutputFormat,
): Promise<string> {
  const {kind, fields, items, name} = result;
  if (format === 'json') return line(jsonText({kind, ...fields, items}));
  if (format === 'jsonl') return items.map((item) => line(jsonText(item))).join('');
  if (format === 'yaml') return yamlOf({kind, ...fields, items});
  if (format === 'name') return items.map((item) => line(visible(name(item)))).join('');
  const columns = result.columns.filter((column) => format === 'wide' || column.wide !== true);
  return items.length === 0 ? '' : tableOf(items, columns);
}

export async function renderObject(
  {kind, fields, name, lines}: ObjectResult,
  format: OutputFormat,
): Promise<string> {
  if (format === 'json' || format === 'jsonl') return line(jsonText({kind, ...fields}));
  if (format === 'yaml') return yamlOf({kind, ...fields});
  if (format === 'name') return line(visible(name));
  return lines.map((text) => line(visible(text))).join('');
}

async function tableOf<Row>(
  items: readonly Row[],
  columns: readonly Column<Row>[],
): Promise<string> {
  // Scripts, which want no table, do not wait for it.
  const {fit, widthOf} = await import('../model/text-width.ts');
  const rows = items.map((item) => columns.map(({value}) => visible(String(value(item)))));
  const head = columns.map(({header}) => header);
  const widths = head.map((header, index) =>
    rows.reduce((most, row) => Math.max(most, widthOf(row[index] ?? '')), widthOf(header)),
  );
  const format = (cells: readonly string[]): string =>
    cells
      .map((cell, index) => fit(cell, widths[index] ?? 0))
      .join('  ')
      .trimEnd();
  return [head, ...rows].map((cells) => line(format(cells))).join('');
}

async function yamlOf(document: object): Promise<string> {
  const {yamlText} = await import('../config/yaml-text.ts');
  return yamlText(document);
}

function line(text: string): string {
  return `${text}\n`;
}
