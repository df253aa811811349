/** A live view without a terminal: one line per change, or one JSON object. */
import {containerMark, moveMark, outcomeMark, shardMark, appMark} from '../../model/marks.ts';
import {visible} from '../../model/visible.ts';
import {LIVE_SECTIONS} from '../../protocol/live-words.ts';
import {totalOf} from '../../protocol/live-totals.ts';
import type {
  LiveApp,
  LiveContainer,
  LiveFinished,
  LiveMessage,
  LiveMove,
  LiveRow,
  LiveRows,
  LiveSection,
  LiveShard,
} from '../../protocol/admin-live.ts';
import type {LinkEvent} from '../../model/live-link.ts';
import {jsonText} from '../json-text.ts';
import {counted} from '../../model/counted.ts';

export interface LineOutput {
  readonly json: boolean;
  readonly write: (line: string) => void;
  /** For words that are not a change. */
  readonly say: (text: string) => void;
  /** All rows that stand have been written, or what has changed since. */
  readonly onWhole?: () => void;
  /** Rows that get lines; all when left out. */
  readonly only?: (row: LiveRow) => boolean;
}

interface PrintedRow {
  readonly section: LiveSection;
  readonly name: string;
  readonly text: string;
}

export class LiveLines {
  private readonly output: LineOutput;
  /** The last line of each row, so that a snapshot after a broken connection prints only what is new. */
  private readonly printed = new Map<string, PrintedRow>();
  private kept: Set<string> | undefined;
  private storeAway = false;
  private gap = '';

  constructor(output: LineOutput) {
    this.output = output;
  }

  take(event: LinkEvent<LiveMessage>): void {
    if (event.type === 'lost') this.lost(event.reason, event.waitMs);
    else if (event.type === 'message') this.message(event.message);
  }

  private lost(reason: string, waitMs: number): void {
    this.gap = reason;
    this.output.say(`connection lost: ${visible(reason)}; trying again in ${waitMs} ms`);
  }

  private message(message: LiveMessage): void {
    if (message.type === 'rows') this.rows(message);
    else if (message.type === 'hello') this.hello(message.resumed, message.at);
    else if (this.storeAway === message.store.ok) this.store(message.store, message.at);
  }

  /** Resumed without a gap, nothing is missing. */
  private hello(resumed: boolean, at: string): void {
    const reason = this.gap;
    this.gap = '';
    if (reason === '' || resumed) return;
    const text = `changes may be missing: ${reason}; the differences follow`;
    this.print({type: 'gap', reason, at}, `? ${text}`);
  }

  private store({ok, reason}: {ok: boolean; reason: string}, at: string): void {
    this.storeAway = !ok;
    const text = ok ? ". the daemon's store takes writes again" : `? the daemon's store: ${reason}`;
    this.print({type: 'store', ok, reason, at}, text);
  }

  private rows(message: LiveRows): void {
    if (message.reset) this.kept = new Set();
    for (const section of LIVE_SECTIONS) {
      for (const row of message[section]?.set ?? []) this.set(section, row, message);
      for (const key of message[section]?.gone ?? []) this.gone(`${section}/${key}`, message);
    }
    if (message.more) return;
    this.finish(message);
    this.output.onWhole?.();
  }

  /** After a snapshot: what is not in it is gone. */
  private finish(message: LiveRows): void {
    const kept = this.kept;
    if (kept === undefined) return;
    this.kept = undefined;
    for (const key of [...this.printed.keys()]) if (!kept.has(key)) this.gone(key, message);
    this.cutOff(message);
  }

  private set(section: LiveSection, row: LiveRow, {revision, at}: LiveRows): void {
    const key = `${section}/${row.key}`;
    if (this.output.only?.(row) === false) {
      this.gone(key, {revision, at});
      return;
    }
    this.kept?.add(key);
    const {key: _key, ...fields} = row;
    const text = JSON.stringify(fields);
    if (this.printed.get(key)?.text === text) return;
    this.printed.set(key, {section, name: row.key, text});
    const event = {type: 'set', kind: section, key: row.key, revision, at, row: fields};
    this.print(event, lineOf(section, row));
  }

  private gone(key: string, {revision, at}: Pick<LiveRows, 'revision' | 'at'>): void {
    const row = this.printed.get(key);
    if (row === undefined) return;
    this.printed.delete(key);
    const {section: kind, name} = row;
    // What has ended leaves the list by its age alone.
    if (kind === 'finished') return;
    this.print({type: 'gone', kind, key: name, revision, at}, `- ${kind} ${name} gone`);
  }

  private cutOff({summary}: LiveRows): void {
    if (this.output.only !== undefined || summary === null) return;
    const counts = new Map<LiveSection, number>();
    for (const {section} of this.printed.values())
      counts.set(section, (counts.get(section) ?? 0) + 1);
    for (const [section, shown] of counts) {
      // Shards are chosen by flags in the daemon.
      const isChosen = section === 'shards';
      const all = isChosen ? summary.matched : totalOf(section, summary);
      const narrow = isChosen ? ': narrow with the flags' : '';
      if (shown < all) this.output.say(`showing ${shown} of ${all} ${section}${narrow}`);
    }
  }

  private print(event: object, line: string): void {
    this.output.write(this.output.json ? jsonText(event) : visible(line));
  }
}

function lineOf(section: LiveSection, row: LiveRow): string {
  switch (section) {
    case 'apps':
      return appLine(row as LiveApp);
    case 'containers':
      return containerLine(row as LiveContainer);
    case 'shards':
      return shardLine(row as LiveShard);
    case 'moves':
      return moveLine(row as LiveMove);
    case 'finished':
      return finishedLine(row as LiveFinished);
  }
}

function appLine(app: LiveApp): string {
  const {service, shards, containers} = app;
  const count = Object.values(containers).reduce((sum, each) => sum + each, 0);
  const codes = [...new Set(app.alarms.map(({code}) => code))].join(', ');
  const alarms = codes === '' ? '' : `  alarms ${codes}`;
  return `${appMark(app)} app ${service}  ${app.health}  ${shards.ready}/${shards.total} ready  ${counted(count, 'container')}${alarms}`;
}

function containerLine({service, id, state, shards, lateSince, note}: LiveContainer): string {
  const late = lateSince === '' ? '' : `  last heartbeat ${lateSince}`;
  const more = note === '' ? '' : `  ${note}`;
  return `${containerMark(state)} container ${service}/${id}  ${state.toUpperCase()}  ${shards.ready}/${shards.total} ready${late}${more}`;
}

function shardLine({service, id, state, container, reason, lastError}: LiveShard): string {
  const note = reason || lastError;
  return `${shardMark(state)} shard ${service}/${id}  ${state.toUpperCase()}  ${container || '-'}${note === '' ? '' : `  ${note}`}`;
}

function moveLine(move: LiveMove): string {
  const {service, shard, from, to, step, why, stuck, note} = move;
  return `${moveMark(move)} move ${service}/${shard}  ${from || '-'} -> ${to || '-'}  ${step}${stuck ? '  STUCK' : ''}  ${why}${note === '' ? '' : `  ${note}`}`;
}

function finishedLine({service, shard, from, to, outcome, why}: LiveFinished): string {
  return `${outcomeMark(outcome)} moved ${service}/${shard}  ${from || '-'} -> ${to || '-'}  ${outcome}  ${why}`;
}
