/** The night's table: what an operator sees of each fault, by five ways of asking, within 60 s. */

export const WITHIN_MS = 60_000;

/** One way of asking about one fault. */
export interface Question {
  /** What is asked. */
  readonly ask: () => Promise<string>;
  /** Lines that are looked at: those that fit; all where it is not given. */
  readonly of?: RegExp;
  readonly cause: RegExp;
  /** The way out; absent: this way of asking names none. */
  readonly fix?: RegExp;
}

/** Why a way of asking says nothing of the fault, by rights. */
export interface ByRights {
  readonly byRights: string;
}

export const WAYS = ['status', 'doctor', 'why', 'readyz', 'alert'] as const;
export type Way = (typeof WAYS)[number];

export interface Row extends Readonly<Record<Way, Question | ByRights>> {
  readonly fault: string;
}

export interface Seen {
  readonly way: Way;
  /** Whether cause and fix were named. */
  readonly named: boolean;
  /** After how long, ms. */
  readonly afterMs: number;
  /** What was seen: the lines that name it, else the last answer. */
  readonly text: string;
}

/** Whether an answer names cause and fix, and the lines that do. Pure. */
export function checked(
  answer: string,
  {of, cause, fix}: Question,
): {named: boolean; text: string} {
  const lines = answer.split('\n');
  const from = of === undefined ? 0 : lines.findIndex((line) => of.test(line));
  if (from < 0) return {named: false, text: answer};
  // Its own line and what follows it: a fix stands below its alarm.
  const looked =
    of === undefined
      ? lines
      : lines.filter((line, at) => of.test(line) || of.test(lines[at - 1] ?? ''));
  const causes = looked.filter((line) => cause.test(line));
  const fixes = fix === undefined ? [] : looked.filter((line) => fix.test(line));
  const named = causes.length > 0 && (fix === undefined || fixes.length > 0);
  const [first = answer] = causes;
  const [way] = fixes;
  return {
    named,
    text: way === undefined || way === first ? first.trim() : `${first.trim()} / ${way.trim()}`,
  };
}

const CELL_CHARACTERS = 260;

const HEADS: Readonly<Record<Way, string>> = {
  status: '`sm status`',
  doctor: '`sm doctor`',
  why: '`sm shard why`',
  readyz: '`/readyz`',
  alert: 'alert',
};

/** One fault of the night: asked about, or not even made, with the reason. */
export type NightRow =
  | {readonly fault: string; readonly row: Row; readonly seen: readonly Seen[]}
  | {readonly fault: string; readonly notMade: string};

/** Whether the fault was made, and named by each way of asking. */
export function isWhole(night: NightRow): boolean {
  return 'seen' in night && night.seen.every(({named}) => named);
}

/** As Markdown; what was not named within the limit is marked, and what could not be made. */
export function tableText(rows: readonly NightRow[]): string {
  const head = `| fault | ${WAYS.map((way) => HEADS[way]).join(' | ')} |`;
  const lines = rows.map((night) => {
    if ('notMade' in night)
      return `| ${night.fault} | **not made**: ${cell(night.notMade)} | | | | |`;
    const {row, seen} = night;
    const cells = WAYS.map((way) => {
      const asked = row[way];
      if ('byRights' in asked) return `- (${asked.byRights})`;
      const found = seen.find((one) => one.way === way);
      const after = `${((found?.afterMs ?? 0) / 1_000).toFixed(0)} s`;
      return found?.named === true
        ? `${after}: ${cell(found.text)}`
        : `**not named**: ${cell(found?.text ?? '')}`;
    });
    return `| ${row.fault} | ${cells.join(' | ')} |`;
  });
  return [head, '| --- | --- | --- | --- | --- | --- |', ...lines, ''].join('\n');
}

/** Ports, ids and times differ from night to night. */
function cell(text: string): string {
  const same = text
    .replaceAll(/127\.0\.0\.(\d):\d+/g, '127.0.0.$1:PORT')
    .replaceAll(/\d{4}-\d{2}-\d{2}T[0-9:.]+Z/g, 'TIME')
    .replaceAll(/\s+/g, ' ')
    .replaceAll('|', '\\|')
    .trim();
  return same.length <= CELL_CHARACTERS ? same : `${same.slice(0, CELL_CHARACTERS - 1)}…`;
}
