/** The watches of a sequence on one server, and what they told, free of batches. */
import type {Exchange, Message, Wire} from '../support/wire.ts';
import {plain, revisionOf} from './plain.ts';
import type {Frame} from './plain.ts';
import {startOf, watchRequest} from './requests.ts';
import type {Cursor} from './requests.ts';
import type {Watch} from './steps.ts';

/** A watch that lives. */
interface Watcher {
  readonly exchange: Exchange;
  readonly id: string;
  /** What it surely watches. */
  readonly key: string;
  readonly from: number;
  readonly filters: readonly string[];
  /** How many watches of this id have been canceled before it was asked for. */
  readonly dead: ReadonlyMap<string, number>;
}

interface WireEvent {
  readonly kv: {readonly mod_revision: string};
}

export class WatchLog {
  private readonly wire: Wire;
  private readonly frame: Frame;
  private readonly streams = new Map<number, Exchange>();
  private watchers: Watcher[] = [];

  constructor(wire: Wire, frame: Frame) {
    this.wire = wire;
    this.frame = frame;
  }

  async create(watch: Watch, place: Cursor): Promise<unknown> {
    const exchange = this.stream(watch.stream);
    const before = created(exchange).length;
    const dead = cancellations(exchange);
    exchange.send(watchRequest(watch, place));
    const answer = await exchange.when(() => created(exchange)[before], 'a watch is created');
    if (answer['canceled'] === true) return plain(answer, this.frame);
    const from = startOf(watch, place);
    const id = String(answer['watch_id']);
    const watcher: Watcher = {
      exchange,
      id,
      key: watch.key === '' ? '\0' : watch.key,
      from,
      filters: watch.filters ?? [],
      dead,
    };
    if (from > 0 && from < place.compacted)
      await exchange.when(() => over(watcher), `watch ${id} is canceled: its start is compacted`);
    else this.watchers.push(watcher);
    return plain(answer, this.frame);
  }

  /** Resolves when the server has said so; a watch that is not there gets no answer. */
  async cancel(stream: number, id: number): Promise<string> {
    const exchange = this.streams.get(stream);
    const watcher = this.watchers.find((one) => one.exchange === exchange && one.id === String(id));
    if (exchange === undefined || watcher === undefined) return 'no such watch';
    this.watchers = this.watchers.filter((one) => one !== watcher);
    const answers = () => canceled(exchange, watcher.id).length;
    const before = answers();
    exchange.send({cancel_request: {watch_id: id}});
    await exchange.when(() => answers() > before, 'a watch is canceled');
    return 'canceled';
  }

  async progress(stream: number): Promise<unknown> {
    const exchange = this.stream(stream);
    const answers = () => exchange.messages.filter(({watch_id}) => watch_id === '-1');
    const before = answers().length;
    exchange.send({progress_request: {}});
    const answer = await exchange.when(() => answers()[before], 'progress is told');
    return plain(answer, this.frame);
  }

  /** Keys to write, and keys to write and delete, so that every watch that can sees something last. */
  markers(): {put: string[]; deleted: string[]} {
    const live = this.watchers.filter((watcher) => watcher.filters.length < 2 && !over(watcher));
    const keysOf = (list: readonly Watcher[]): string[] => [...new Set(list.map(({key}) => key))];
    return {
      put: keysOf(live.filter(({filters}) => !filters.includes('Noput'))),
      deleted: keysOf(live.filter(({filters}) => filters.includes('Noput'))),
    };
  }

  /** Resolves when every watch has seen the last marker it can see, or has ended: then nothing is under way. */
  async settled(revisions: {put: number; deleted: number}): Promise<void> {
    for (const watcher of this.watchers) {
      if (watcher.filters.length === 2) continue;
      const mark = watcher.filters.includes('Noput') ? revisions.deleted : revisions.put;
      if (mark < watcher.from) continue;
      const seen = (): boolean => over(watcher) || newest(watcher) >= mark;
      await watcher.exchange.when(seen, `watch ${watcher.id} has seen revision ${mark}`);
    }
  }

  /** What each stream told, by watch: answers and events in order, in whatever messages they came. */
  record(): unknown {
    return [...this.streams].sort().map(([stream, exchange]) => {
      const byWatch = new Map<string, unknown[]>();
      for (const message of exchange.messages) {
        const id = String(message['watch_id']);
        const list = byWatch.get(id) ?? [];
        byWatch.set(id, list);
        list.push(...this.parts(message));
      }
      const faults = [...byWatch.keys()].flatMap((id) => faultsOf(exchange, id));
      return {stream, watches: [...byWatch].sort(), faults, refusal: exchange.refusal};
    });
  }

  close(): void {
    for (const exchange of this.streams.values()) exchange.close();
  }

  private stream(number: number): Exchange {
    const exchange = this.streams.get(number) ?? this.wire.open('Watch.Watch');
    this.streams.set(number, exchange);
    return exchange;
  }

  private parts(message: Message): unknown[] {
    const {events, revision, fragment: _fragment, ...rest} = plain(message, this.frame);
    return Array.isArray(events) ? (events as unknown[]) : [{...rest, revision}];
  }
}

/** Ended by the server: its start was compacted. */
function over({exchange, id, dead}: Watcher): boolean {
  return canceled(exchange, id).length > (dead.get(id) ?? 0);
}

/** By watch id. */
function cancellations(exchange: Exchange): Map<string, number> {
  const counts = new Map<string, number>();
  for (const {watch_id: id, canceled: over} of exchange.messages)
    if (over === true) counts.set(String(id), (counts.get(String(id)) ?? 0) + 1);
  return counts;
}

/** The revision of the last event a watch was told. */
function newest({exchange, id}: Watcher): number {
  const events = exchange.messages
    .filter((message) => message['watch_id'] === id)
    .flatMap((message) => message['events'] as WireEvent[]);
  return Number(events.at(-1)?.kv.mod_revision ?? 0);
}

function created(exchange: Exchange): Message[] {
  return exchange.messages.filter((message) => message['created'] === true);
}

function canceled(exchange: Exchange, id: string): Message[] {
  return exchange.messages.filter(
    (message) => message['watch_id'] === id && message['canceled'] === true,
  );
}

/** What no server may do: an event before `created`, a revision in two messages that are not fragments, a header that is behind. */
function faultsOf(exchange: Exchange, id: string): string[] {
  const faults: string[] = [];
  let last = 0;
  let known = false;
  let fragment = false;
  for (const message of exchange.messages.filter((one) => one['watch_id'] === id)) {
    const events = message['events'] as WireEvent[];
    if (message['created'] === true) known = true;
    if (!known && id !== '-1') faults.push(`watch ${id} spoke before it was created`);
    const [first, newest] = [events[0], events.at(-1)];
    if (first === undefined || newest === undefined) continue;
    if (Number(first.kv.mod_revision) <= last && !fragment)
      faults.push(`watch ${id}: revision ${first.kv.mod_revision} after ${last}`);
    last = Number(newest.kv.mod_revision);
    fragment = message['fragment'] === true;
    if (revisionOf(message) < last) faults.push(`watch ${id}: header behind its events`);
  }
  return faults;
}
