import {describe, expect, it} from 'vitest';
import {Headers} from '../../src/embedded/header.ts';
import {StateMachine} from '../../src/embedded/state-machine.ts';
import {WatchHub} from '../../src/embedded/watch-hub.ts';
import type {WatchResponse} from '../../src/embedded/watch-messages.ts';
import {WatchStream} from '../../src/embedded/watch-stream.ts';
import {LONG_MS, until} from '../support/until.ts';

/** A store, one stream on it, and a client that takes as many replies as it is allowed. */
class World {
  readonly machine = new StateMachine(() => 0);
  readonly sent: WatchResponse[] = [];
  readonly stream: WatchStream;
  /** Replies until the client is full. */
  room = Number.POSITIVE_INFINITY;

  constructor() {
    const hub = new WatchHub();
    this.machine.listener = (events) => hub.publish(events);
    const headers = new Headers({clusterId: '1', memberId: '2'}, this.machine);
    this.stream = new WatchStream(this.machine.keys, hub, headers, {
      refusal: () => undefined,
      write: (response) => {
        this.sent.push(response);
        this.room -= 1;
        return this.room > 0;
      },
    });
  }

  put(key: string, value = ''): void {
    this.machine.apply({
      kind: 'put',
      request: {key: Buffer.from(key), value: Buffer.from(value)},
    });
  }

  delete(key: string): void {
    this.machine.apply({kind: 'deleteRange', request: {key: Buffer.from(key)}});
  }

  compact(revision: number): void {
    this.machine.apply({kind: 'compact', request: {revision: String(revision)}});
    this.machine.keys.sweep(1_000_000);
  }

  watch(key: string, more: object = {}): void {
    this.stream.receive({create_request: {key: Buffer.from(key), ...more}});
  }

  drain(room = Number.POSITIVE_INFINITY): void {
    this.room = room;
    this.stream.pump();
  }

  /** Revisions of the events sent, in order. */
  get revisions(): number[] {
    return this.sent.flatMap(({events = []}) => events.map(({kv}) => kv.mod_revision));
  }
}

describe('a watch stream', () => {
  it('says created before anything else, then history, then what comes', async () => {
    const world = new World();
    world.put('a', '1');
    world.put('b', '1');
    world.watch('a', {start_revision: '1'});
    world.put('a', '2');
    await until(() => world.revisions.length === 2, LONG_MS, 'both events');
    expect(world.sent[0]).toMatchObject({created: true, watch_id: '0'});
    expect(world.revisions).toEqual([2, 4]);
  });

  it('queues nothing for a client that does not read, and tells it all when it does', () => {
    const world = new World();
    world.watch('a', {prev_kv: true});
    world.room = 3;
    for (let round = 0; round < 1_000; round += 1) world.put('a', String(round));
    expect(world.sent.length).toBe(4);
    world.drain(1);
    expect(world.sent.length).toBe(5);
    world.drain();
    expect(world.revisions).toEqual(Array.from({length: 1_000}, (_, index) => index + 2));
    world.put('a', 'next');
    expect(world.revisions.at(-1)).toBe(1_002);
  });

  it('reads long histories in pieces and lets other work pass', async () => {
    const world = new World();
    for (let round = 0; round < 30_000; round += 1) world.put(round % 10 === 0 ? 'a' : 'b');
    world.watch('a', {start_revision: '1'});
    world.put('a');
    await until(() => world.revisions.length === 3_001, LONG_MS, 'all of the history');
    expect(new Set(world.revisions).size).toBe(3_001);
    expect([...world.revisions].sort((a, b) => a - b)).toEqual(world.revisions);
    const most = Math.max(...world.sent.map(({events = []}) => events.length));
    expect(most).toBeLessThanOrEqual(1_000);
  });

  it('cancels a watcher whose history is gone: created first, then canceled with the revision', () => {
    const world = new World();
    for (let round = 0; round < 5; round += 1) world.put('a');
    world.compact(4);
    world.watch('a', {start_revision: '2'});
    expect(world.sent).toMatchObject([
      {created: true, watch_id: '0'},
      {canceled: true, watch_id: '0', compact_revision: 4},
    ]);
    world.put('a');
    expect(world.sent.length).toBe(2);
  });

  it('cancels a slow watcher that compaction has overtaken', () => {
    const world = new World();
    world.watch('a');
    world.room = 1;
    world.put('a');
    for (let round = 0; round < 5; round += 1) world.put('a');
    world.compact(6);
    world.drain();
    expect(world.sent.at(-1)).toMatchObject({canceled: true, compact_revision: 6});
  });

  it('answers a request for progress only when everybody has caught up', () => {
    const world = new World();
    world.watch('a');
    world.room = 1;
    world.put('a');
    world.put('a');
    world.stream.receive({progress_request: {}});
    expect(world.sent.some(({watch_id: id}) => id === '-1')).toBe(false);
    world.drain();
    expect(world.sent.at(-1)).toMatchObject({watch_id: '-1', header: {revision: 3}});
    expect(world.revisions).toEqual([2, 3]);
  });

  it('reports progress to who asked for it and heard nothing', () => {
    const world = new World();
    world.watch('a', {progress_notify: true});
    world.watch('a');
    world.put('a');
    const before = world.sent.length;
    world.stream.reportProgress();
    expect(world.sent.length).toBe(before);
    world.stream.reportProgress();
    expect(world.sent.slice(before)).toMatchObject([{watch_id: '0', header: {revision: 2}}]);
  });

  it('cuts what is large into fragments for who takes them', () => {
    const world = new World();
    const value = 'x'.repeat(400_000);
    const success = ['a1', 'a2', 'a3'].map((key) => ({
      request_put: {key: Buffer.from(key), value: Buffer.from(value)},
    }));
    world.watch('a', {range_end: Buffer.from('b'), fragment: true, prev_kv: true});
    world.machine.apply({kind: 'txn', request: {success}});
    world.machine.apply({kind: 'txn', request: {success}});
    const carriers = world.sent.filter(({events}) => events !== undefined);
    expect(carriers.map(({fragment, events}) => [fragment === true, events?.length])).toEqual([
      [false, 3],
      [true, 1],
      [true, 1],
      [false, 1],
    ]);
  });

  it('is quiet after it is closed', () => {
    const world = new World();
    world.watch('a');
    world.stream.close();
    world.put('a');
    world.delete('a');
    expect(world.sent.length).toBe(1);
  });
});
