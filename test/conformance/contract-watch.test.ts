/** Watches: what comes, in which order, from which revision on; ids, filters, fragments, cancellation, compaction. */
import {expect, it} from 'vitest';
import type {Exchange, Message} from '../support/wire.ts';
import {bytes, contract} from './bed.ts';
import type {Bed} from './bed.ts';
import {pause} from '../support/until.ts';

const EMPTY = 'mvcc: watcher range is empty';
const DUPLICATE = 'mvcc: duplicate watch ID provided on the WatchStream';
/** How long nothing must come before it counts as nothing. */
const SILENCE_MS = 400;
const MIB = 1024 * 1024;

interface Event {
  readonly type: string;
  readonly kv: {readonly key: string; readonly mod_revision: number};
}

/** A stream of watches, as a case sees it. */
class Watching {
  readonly exchange: Exchange;
  private readonly bed: Bed;

  constructor(bed: Bed) {
    this.bed = bed;
    this.exchange = bed.stream('Watch.Watch');
  }

  get messages(): Message[] {
    return this.exchange.messages.map((message) => this.bed.plain(message));
  }

  send(request: object): void {
    this.exchange.send(request);
  }

  /** Asks for a watch and resolves with the answer to that. */
  async create(name: string, more: object = {}): Promise<Message> {
    const before = this.exchange.messages.length;
    this.send({create_request: {key: this.bed.key(name), ...more}});
    return this.exchange.when(
      () => this.messages.slice(before).find(({created}) => created === true),
      'a watch is created',
    );
  }

  all(more: object = {}): Promise<Message> {
    return this.create('', {range_end: this.bed.end_, ...more});
  }

  of(id: number): Message[] {
    return this.messages.filter(({watch_id = 0}) => watch_id === id);
  }

  /** The events of a watch so far, in whatever batches they came. */
  events(id = 0): Event[] {
    return this.of(id).flatMap(({events = []}) => events as Event[]);
  }

  /** The same in short, once there are so many: `Put a 3`. */
  async short(count: number, id = 0): Promise<string[]> {
    await this.exchange.when(() => this.events(id).length >= count, `${count} events`);
    return this.events(id).map(({type, kv}) => `${type} ${kv.key} ${kv.mod_revision}`);
  }
}

contract('watch: events', {}, (bed) => {
  it('says created, then tells of every write from then on', async () => {
    const watching = new Watching(bed());
    await bed().put('a', '0');
    expect(await watching.create('a')).toEqual({created: true, revision: 1});
    await bed().put('a', '1');
    await bed().put('b', '1');
    await bed().del('a');
    await bed().del('a');
    await bed().put('a', '2');
    expect(await watching.short(3)).toEqual(['Put a 2', 'Delete a 4', 'Put a 5']);
    const first = {key: 'a', create_revision: 1, mod_revision: 2, version: 2, value: '1'};
    expect(watching.messages).toEqual([
      {created: true, revision: 1},
      {revision: 2, events: [{type: 'Put', kv: first}]},
      {revision: 4, events: [{type: 'Delete', kv: {key: 'a', mod_revision: 4}}]},
      expect.objectContaining({revision: 5}),
    ]);
  });

  it('takes a range, a prefix, everything from a key on, and no key for everything', async () => {
    const watching = new Watching(bed());
    await watching.create('b', {range_end: bed().key('d')});
    await watching.create('b', {range_end: bytes('\0')});
    await watching.create('', {key: Buffer.alloc(0), range_end: bytes('\0')});
    await watching.create('b');
    for (const name of ['a', 'b', 'b\0', 'c', 'd', 'b']) await bed().put(name);
    expect(await watching.short(4, 0)).toEqual(['Put b 2', 'Put b\0 3', 'Put c 4', 'Put b 6']);
    expect(await watching.short(5, 1)).toHaveLength(5);
    expect(await watching.short(6, 2)).toHaveLength(6);
    expect(await watching.short(2, 3)).toEqual(['Put b 2', 'Put b 6']);
  });

  it('keeps a transaction whole, in the order of its operations', async () => {
    const watching = new Watching(bed());
    await bed().put('z');
    await watching.all();
    await bed().txn([bed().putOp('c'), bed().delOp('z'), bed().putOp('a')]);
    expect(await watching.short(3)).toEqual(['Put c 2', 'Delete z 2', 'Put a 2']);
    expect(watching.messages).toHaveLength(2);
    const past = new Watching(bed());
    await past.all({start_revision: bed().at(1)});
    expect(await past.short(4)).toEqual(['Put z 1', 'Put c 2', 'Delete z 2', 'Put a 2']);
  });

  it('gives what was there before when asked', async () => {
    const watching = new Watching(bed());
    await bed().put('a', '0');
    await watching.create('a', {prev_kv: true});
    await bed().put('a', '1');
    await bed().del('a');
    await bed().put('a', '2');
    await watching.short(3);
    const zero = {key: 'a', create_revision: 1, mod_revision: 1, version: 1, value: '0'};
    const one = {...zero, mod_revision: 2, version: 2, value: '1'};
    expect(watching.events()).toEqual([
      {type: 'Put', kv: one, prev_kv: zero},
      {type: 'Delete', kv: {key: 'a', mod_revision: 3}, prev_kv: one},
      {type: 'Put', kv: {key: 'a', create_revision: 4, mod_revision: 4, version: 1, value: '2'}},
    ]);
  });

  it('leaves out puts or deletions when asked', async () => {
    const watching = new Watching(bed());
    await watching.create('a', {filters: ['Noput']});
    await watching.create('a', {filters: ['Nodelete']});
    await watching.create('a', {filters: ['Nodelete', 'Noput']});
    await bed().put('a');
    await bed().del('a');
    await bed().put('a');
    await bed().del('a');
    expect(await watching.short(2, 0)).toEqual(['Delete a 2', 'Delete a 4']);
    expect(await watching.short(2, 1)).toEqual(['Put a 1', 'Put a 3']);
    await pause(SILENCE_MS);
    expect(watching.of(2)).toEqual([{watch_id: 2, created: true, revision: 0}]);
  });
});

contract('watch: start revisions', {}, (bed) => {
  it('replays the past, the start included, then goes on without a gap', async () => {
    for (const value of ['1', '2', '3']) await bed().put('a', value);
    const watching = new Watching(bed());
    expect(await watching.create('a', {start_revision: bed().at(2)})).toEqual({
      created: true,
      revision: 3,
    });
    await bed().put('a', '4');
    expect(await watching.short(3)).toEqual(['Put a 2', 'Put a 3', 'Put a 4']);
    await bed().put('a', '5');
    expect(await watching.short(4)).toHaveLength(4);
    expect(watching.messages[0]).toMatchObject({created: true});
  });

  it('waits for a revision that is to come', async () => {
    const watching = new Watching(bed());
    await watching.create('a', {start_revision: bed().at(3)});
    for (const value of ['1', '2', '3', '4']) await bed().put('a', value);
    expect(await watching.short(2)).toEqual(['Put a 3', 'Put a 4']);
  });

  it('is created, then canceled, from a revision that is compacted', async () => {
    for (const value of ['1', '2', '3', '4']) await bed().put('a', value);
    await bed().call('KV.Compact', {revision: bed().at(3), physical: true});
    const watching = new Watching(bed());
    await watching.create('a', {start_revision: bed().at(2)});
    await watching.exchange.message(1);
    expect(watching.messages).toEqual([
      {created: true, revision: 4},
      {canceled: true, compact_revision: 3},
    ]);
    await watching.create('a', {start_revision: bed().at(3), prev_kv: true});
    expect(await watching.short(2, 1)).toEqual(['Put a 3', 'Put a 4']);
    // What came before the first event is gone.
    expect(watching.events(1).map((event) => 'prev_kv' in event)).toEqual([false, true]);
    await bed().put('a', '5');
    expect(await watching.short(3, 1)).toHaveLength(3);
  });

  it('is not troubled by a compaction once it has caught up', async () => {
    const watching = new Watching(bed());
    await watching.create('a', {start_revision: bed().at(1)});
    for (const value of ['1', '2', '3']) await bed().put('a', value);
    await watching.short(3);
    await bed().call('KV.Compact', {revision: bed().at(3), physical: true});
    await bed().put('a', '4');
    expect(await watching.short(4)).toHaveLength(4);
  });
});

contract('watch: streams', {}, (bed) => {
  it('numbers watches from 0, or as asked; an id in use is refused', async () => {
    const watching = new Watching(bed());
    expect(await watching.create('a')).toEqual({created: true, revision: 0});
    expect(await watching.create('a', {watch_id: 2})).toMatchObject({watch_id: 2});
    expect(await watching.create('a')).toMatchObject({watch_id: 1});
    expect(await watching.create('a')).toMatchObject({watch_id: 3});
    expect(await watching.create('a', {watch_id: 2})).toEqual({
      watch_id: -1,
      created: true,
      canceled: true,
      cancel_reason: DUPLICATE,
      revision: 0,
    });
    await bed().put('a');
    for (const id of [0, 1, 2, 3]) expect(await watching.short(1, id)).toEqual(['Put a 1']);
    const other = new Watching(bed());
    expect(await other.create('a')).toEqual({created: true, revision: 1});
  });

  it('refuses a range that ends before it begins, and goes on', async () => {
    const watching = new Watching(bed());
    const refused = {
      watch_id: -1,
      created: true,
      canceled: true,
      cancel_reason: EMPTY,
      revision: 0,
    };
    expect(await watching.create('b', {range_end: bed().key('a')})).toEqual(refused);
    expect(await watching.create('b', {range_end: bed().key('b')})).toEqual(refused);
    expect(await watching.create('b')).toEqual({created: true, revision: 0});
  });

  it('cancels one watch, of which nothing comes any more; the id is free again', async () => {
    const watching = new Watching(bed());
    await watching.create('a');
    await watching.create('a', {watch_id: 7});
    watching.send({cancel_request: {watch_id: 99}});
    watching.send({cancel_request: {watch_id: 7}});
    await watching.exchange.message(2);
    watching.send({cancel_request: {watch_id: 7}});
    await bed().put('a');
    expect(await watching.short(1)).toEqual(['Put a 1']);
    expect(watching.of(7)).toEqual([
      {watch_id: 7, created: true, revision: 0},
      {watch_id: 7, canceled: true, revision: 0},
    ]);
    expect(await watching.create('a', {watch_id: 7})).toMatchObject({watch_id: 7, created: true});
    await bed().put('a');
    expect(await watching.short(1, 7)).toEqual(['Put a 2']);
  });

  it('answers a request for progress on no watch at all', async () => {
    const watching = new Watching(bed());
    await bed().put('a');
    watching.send({progress_request: {}});
    await watching.exchange.message(0);
    expect(watching.messages).toEqual([{watch_id: -1, revision: 1}]);
    await watching.create('a');
    watching.send({progress_request: {}});
    await watching.exchange.message(2);
    expect(watching.messages[2]).toEqual({watch_id: -1, revision: 1});
  });

  it('takes no offence at an empty request, and lives on when no more will come', async () => {
    const watching = new Watching(bed());
    watching.send({});
    await watching.create('a');
    watching.exchange.finish();
    await bed().put('a');
    expect(await watching.short(1)).toEqual(['Put a 1']);
  });

  it('tells several watchers of one write the same', async () => {
    const watchers = Array.from({length: 5}, () => new Watching(bed()));
    for (const watching of watchers) await watching.all();
    for (let count = 0; count < 50; count += 1) await bed().put(`k${count % 7}`, String(count));
    const [first, ...others] = await Promise.all(watchers.map((watching) => watching.short(50)));
    expect(first).toHaveLength(50);
    for (const other of others) expect(other).toEqual(first);
  });
});

contract('watch: fragments', {}, (bed) => {
  it('cuts a revision that is too large into parts, but only when asked', async () => {
    for (const name of ['a', 'b', 'c']) await bed().put(name, 'x'.repeat(MIB));
    const whole = new Watching(bed());
    const parts = new Watching(bed());
    await whole.all({prev_kv: true});
    await parts.all({prev_kv: true, fragment: true});
    await bed().del('a', {range_end: bed().key('d')});
    const deletions = ['Delete a 4', 'Delete b 4', 'Delete c 4'];
    expect(await whole.short(3)).toEqual(deletions);
    expect(await parts.short(3)).toEqual(deletions);
    expect(whole.messages.map(({fragment}) => fragment)).toEqual([undefined, undefined]);
    expect(parts.messages.map(({fragment}) => fragment)).toEqual([
      undefined,
      true,
      true,
      undefined,
    ]);
    await bed().put('d');
    expect(await parts.short(4)).toHaveLength(4);
    expect(parts.messages.at(-1)).not.toHaveProperty('fragment');
  });
});
