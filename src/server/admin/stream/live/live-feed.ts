/**
 * One query's rows, kept current for all who watch it. A watcher has no queue here, only a position in the ring of the last
 * changes: whoever reads too slowly, or comes back too late, is sent everything anew.
 */
import {randomBytes} from 'node:crypto';
import type {AppScope} from '../../../../model/access.ts';
import type {LiveQuery, LiveRow, LiveRows, LiveSection} from '../../../../protocol/admin.ts';
import {LIVE_PART_ROWS, LIVE_SECTIONS} from '../../../../protocol/admin.ts';
import {encodeRecord} from '../../../../protocol/records.ts';
import type {Instant, PrintedRow} from './live-rows.ts';
import {liveContent} from './live-content.ts';
import type {LiveContent} from './live-content.ts';
import type {ViewLease} from '../../../../appview/app-views.ts';
import {RING_MESSAGES, RING_ROWS} from '../../limits.ts';

interface Change {
  readonly seq: number;
  readonly parts: readonly LiveRows[];
  readonly rowCount: number;
}

interface KnownRow {
  readonly print: string;
  readonly row: LiveRow;
}

interface Section {
  readonly set: LiveRow[];
  readonly gone: string[];
}

export interface FeedOptions {
  readonly query: LiveQuery;
  /** Apps that its watchers may see. */
  readonly apps: AppScope;
  /** sm's own service name. */
  readonly cluster: string;
  readonly wallMs: () => number;
}

export class LiveFeed {
  readonly query: LiveQuery;
  private readonly options: FeedOptions;
  private readonly records: ViewLease;
  private readonly id = randomBytes(6).toString('hex');
  private readonly rows = new Map<LiveSection, Map<string, KnownRow>>();
  private summary = '';
  private seq = 0;
  private ring: Change[] = [];
  private ringRows = 0;
  private readonly sleepers = new Set<() => void>();
  /** Monotonic ms since when a change waits to be shown; undefined when none does. */
  private waitingSinceMs: number | undefined;
  isClosed = false;
  /** Why it has ended by itself; undefined when it has not. */
  brokenBy: unknown;

  constructor(records: ViewLease, options: FeedOptions) {
    this.records = records;
    this.options = options;
    this.query = options.query;
  }

  /** Looks for the first time. */
  async start(): Promise<void> {
    this.refresh();
    await this.look();
  }

  close(): void {
    this.isClosed = true;
    this.wake();
  }

  /** Before a round of looks: what the records say now is what all views are made of. */
  refresh(): void {
    this.records.refresh();
  }

  recordsChanged(): void {
    this.waitingSinceMs ??= performance.now();
  }

  /** A fault in here ends the view, not the daemon: its watchers get an error, come back and get a new feed. */
  async lookAgain(): Promise<void> {
    if (this.isClosed) return;
    const since = this.waitingSinceMs;
    this.waitingSinceMs = undefined;
    try {
      await this.look(since === undefined ? 0 : Math.round(performance.now() - since));
    } catch (error) {
      this.brokenBy = error;
      this.close();
    }
  }

  /** The position behind the event with this id; undefined when what follows it is not known any more. */
  positionAfter(lastEventId: string): number | undefined {
    const match = /^([0-9a-f]{12})\.(\d{1,15})$/.exec(lastEventId);
    if (match === null || match[1] !== this.id) return undefined;
    const position = Number(match[2]);
    return this.canFollow(position) ? position : undefined;
  }

  /** Everything as it is, in parts, and the position behind it. */
  everything(): {parts: Generator<LiveRows>; position: number} {
    const sections = new Map<LiveSection, Section>();
    for (const [name, rows] of this.rows)
      sections.set(name, {set: [...rows.values()].map(({row}) => row), gone: []});
    const {summary, seq} = this;
    return {parts: this.partsOf(sections, summary, seq, {reset: true, lagMs: 0}), position: seq};
  }

  /** What came behind the position; undefined when it is not known any more. */
  after(position: number): {parts: LiveRows[]; position: number} | undefined {
    if (!this.canFollow(position)) return undefined;
    const newer = this.ring.filter(({seq}) => seq > position);
    return {parts: newer.flatMap(({parts}) => parts), position: this.seq};
  }

  /** Resolves when there is something behind the position, the signal is aborted, or the time is over. */
  async change(position: number, limitMs: number, signal: AbortSignal): Promise<void> {
    if (position < this.seq || limitMs <= 0 || signal.aborted || this.isClosed) return;
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', wake);
        this.sleepers.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, limitMs);
      signal.addEventListener('abort', wake, {once: true});
      this.sleepers.add(wake);
    });
  }

  private canFollow(position: number): boolean {
    if (position > this.seq) return false;
    const oldest = this.ring[0]?.seq ?? this.seq + 1;
    return position >= oldest - 1;
  }

  private async look(lagMs = 0): Promise<void> {
    const {query, apps, cluster, wallMs} = this.options;
    const now: Instant = {nowMs: performance.now(), wallMs: wallMs()};
    const content = await liveContent(this.records, {query, apps, cluster}, now);
    if (!this.isClosed) this.take(content, lagMs);
  }

  private take({summary, sections}: LiveContent, lagMs: number): void {
    const changed = new Map<LiveSection, Section>();
    for (const name of LIVE_SECTIONS) {
      const section = this.difference(name, sections[name] ?? []);
      if (section.set.length + section.gone.length > 0) changed.set(name, section);
    }
    const text = encodeRecord(summary);
    if (changed.size === 0 && text === this.summary) return;
    this.seq++;
    const shown = text === this.summary ? '' : text;
    this.summary = text;
    this.keep([...this.partsOf(changed, shown, this.seq, {reset: false, lagMs})]);
    this.wake();
  }

  private difference(name: LiveSection, rows: readonly PrintedRow[]): Section {
    const known = this.rows.get(name) ?? new Map<string, KnownRow>();
    this.rows.set(name, known);
    const set: LiveRow[] = [];
    const seen = new Set<string>();
    for (const {key, print, row} of rows) {
      seen.add(key);
      if (known.get(key)?.print === print) continue;
      const made = row();
      known.set(key, {print, row: made});
      set.push(made);
    }
    const gone = [...known.keys()].filter((key) => !seen.has(key));
    for (const key of gone) known.delete(key);
    return {set, gone};
  }

  private keep(parts: readonly LiveRows[]): void {
    const rowCount = parts.reduce((sum, part) => sum + rowsIn(part), 0);
    this.ring.push({seq: this.seq, parts, rowCount});
    this.ringRows += rowCount;
    while (this.ring.length > RING_MESSAGES || (this.ringRows > RING_ROWS && this.ring.length > 0))
      this.ringRows -= this.ring.shift()?.rowCount ?? 0;
  }

  private *partsOf(
    sections: ReadonlyMap<LiveSection, Section>,
    summary: string,
    seq: number,
    {reset, lagMs}: {reset: boolean; lagMs: number},
  ): Generator<LiveRows> {
    const pieces = [...piecesOf(sections)];
    if (pieces.length === 0) pieces.push({});
    for (const [index, piece] of pieces.entries()) {
      const more = index < pieces.length - 1;
      yield {
        type: 'rows',
        id: more ? '' : `${this.id}.${seq}`,
        reset: reset && index === 0,
        more,
        revision: String(this.records.revision),
        at: new Date(this.options.wallMs()).toISOString(),
        lagMs,
        summary: more || summary === '' ? null : (JSON.parse(summary) as LiveRows['summary']),
        ...piece,
      };
    }
  }

  private wake(): void {
    for (const wake of [...this.sleepers]) wake();
  }
}

type Piece = Partial<Record<LiveSection, {set: never[]; gone: string[]}>>;

/** At most LIVE_PART_ROWS rows each. Sections and rows belong together by construction. */
function* piecesOf(sections: ReadonlyMap<LiveSection, Section>): Generator<Piece> {
  const small: Piece = {};
  let spareRows = LIVE_PART_ROWS;
  for (const [name, {set, gone}] of sections) {
    const size = Math.max(set.length, gone.length);
    if (size <= spareRows) {
      small[name] = {set: set as never[], gone};
      spareRows -= size;
      continue;
    }
    for (let at = 0; at < size; at += LIVE_PART_ROWS) {
      const end = at + LIVE_PART_ROWS;
      yield {[name]: {set: set.slice(at, end), gone: gone.slice(at, end)}} as Piece;
    }
  }
  if (spareRows < LIVE_PART_ROWS) yield small;
}

function rowsIn(part: LiveRows): number {
  let count = 1;
  for (const name of LIVE_SECTIONS) count += part[name]?.set.length ?? 0;
  return count;
}
