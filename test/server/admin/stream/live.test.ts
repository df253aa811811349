/** The streams behind live views, on the store in memory: what a client that puts rows by their keys ends up with. */
import {afterEach, beforeEach, describe, expect, it, vi} from 'vitest';
import {SmError} from '../../../../src/model/errors.ts';
import {liveMessage, LIVE_SECTIONS} from '../../../../src/protocol/admin.ts';
import type {
  AdminInput,
  LiveMessage,
  LiveRow,
  LiveRows,
  LiveSummary,
} from '../../../../src/protocol/admin.ts';
import {FEEDS_LIMIT} from '../../../../src/server/admin/limits.ts';
import {ViewLease} from '../../../../src/appview/app-views.ts';
import {LONG_MS, until} from '../../../support/until.ts';
import {NOW_MS, World} from '../fixture.ts';

const app = {service: 'orders'};

let world: World;
let stop: AbortController;
beforeEach(async () => {
  world = new World();
  stop = new AbortController();
  await world.call('addSpec', {...app, maxShardCount: 4});
});
afterEach(() => stop.abort());

/** Holds what a client would hold. */
class Client {
  readonly rows = new Map<string, LiveRow>();
  readonly messages: LiveMessage[] = [];
  summary: LiveSummary | undefined;
  lastEventId = '';
  ended: unknown;

  /** Ends this one alone. */
  readonly closing = new AbortController();

  constructor(query: AdminInput<'liveStream'>, lastEventId = '', checked = true) {
    void this.read(query, lastEventId, checked).catch((error: unknown) => (this.ended = error));
  }

  has(text: string): Promise<true> {
    const held = (): string => JSON.stringify([...this.rows.values()]);
    return until(
      () => {
        if (this.ended !== undefined) throw this.ended;
        return held().includes(text) as true;
      },
      LONG_MS,
      () => `${text} in ${held()}`,
    );
  }

  get hello() {
    return this.messages.find((message) => message.type === 'hello');
  }

  get parts(): LiveRows[] {
    return this.messages.filter((message) => message.type === 'rows');
  }

  private async read(
    query: AdminInput<'liveStream'>,
    lastEventId: string,
    checked: boolean,
  ): Promise<void> {
    const signal = AbortSignal.any([stop.signal, this.closing.signal]);
    for await (const message of world.live(query, lastEventId, signal)) {
      if (checked) liveMessage.parse(message);
      this.messages.push(message);
      if (message.type === 'rows') this.take(message);
    }
  }

  private take(message: LiveRows): void {
    if (message.reset) this.rows.clear();
    for (const name of LIVE_SECTIONS) {
      for (const key of message[name]?.gone ?? []) this.rows.delete(`${name} ${key}`);
      for (const row of message[name]?.set ?? []) this.rows.set(`${name} ${row.key}`, row);
    }
    this.summary = message.summary ?? this.summary;
    if (message.id !== '') this.lastEventId = message.id;
  }
}

describe('a live view of containers', () => {
  it('first shows everything, then what changes, and forgets what has gone', async () => {
    const incarnation = await world.join('orders', 'c1');
    await world.own('orders', 's1', {container: 'c1', incarnation});
    const client = new Client({view: 'containers', ...app});
    await client.has('"id":"c1"');
    expect(client.hello).toMatchObject({view: 'containers', resumed: false});
    expect([...client.rows.values()]).toMatchObject([
      {id: 'c1', state: 'ready', capacity: 4, lateSince: '', shards: {total: 1, ready: 1}},
    ]);
    await world.join('orders', 'c2');
    await client.has('"id":"c2"');
    await world.call('drain', {...app, container: 'c1', reason: 'because'});
    await client.has('"state":"draining"');
    await world.delete(world.keys.heartbeat('orders', 'c2-1'));
    await until(() => client.rows.size === 1, LONG_MS, 'c2 has gone');
    expect(client.summary).toMatchObject({
      service: 'orders',
      exists: true,
      containers: {draining: 1},
    });
  });

  it('says nothing of heartbeats that come in time', async () => {
    await world.join('orders', 'c1');
    const client = new Client({view: 'containers', ...app});
    await client.has('"id":"c1"');
    const before = client.parts.length;
    for (let seq = 2; seq < 6; seq++) await world.join('orders', 'c1', {seq, nonce: `n${seq}`});
    await world.join('orders', 'c9');
    await client.has('"id":"c9"');
    const set = client.parts.slice(before).flatMap(({containers}) => containers?.set ?? []);
    expect(set.map(({id}) => id)).toEqual(['c9']);
  });

  it('tells since when a heartbeat is late', async () => {
    await world.join('orders', 'c1', {ttlMs: 3_000});
    const client = new Client({view: 'containers', ...app});
    await client.has(`"lateSince":"${new Date(NOW_MS).toISOString().slice(0, 16)}`);
  });
});

describe('a live stream', () => {
  it('goes on behind the last event id, and starts anew when it cannot', async () => {
    await world.join('orders', 'c1');
    const first = new Client({view: 'containers', ...app});
    await first.has('"id":"c1"');
    stop.abort();
    stop = new AbortController();
    await world.join('orders', 'c2');
    const second = new Client({view: 'containers', ...app}, first.lastEventId);
    await second.has('"id":"c2"');
    expect(second.hello).toMatchObject({resumed: true});
    expect(JSON.stringify([...second.rows.values()])).not.toContain('"id":"c1"');
    const third = new Client({view: 'containers', ...app}, 'ffffffffffff.7');
    await third.has('"id":"c1"');
    expect(third.hello).toMatchObject({resumed: false});
    expect(third.parts[0]).toMatchObject({reset: true});
  });

  it('sends many rows in parts', async () => {
    const ids = Array.from({length: 1_200}, (_, index) => `s${String(index).padStart(4, '0')}`);
    await world.call('addShards', {...app, shards: ids.map((shardId) => ({shardId}))});
    const query = {view: 'shards', ...app, limit: 2_000} as const;
    const client = new Client(query);
    await until(() => client.rows.size === 1_200, LONG_MS, 'all rows');
    expect(client.parts.slice(0, 3).map(({reset, more}) => [reset, more])).toEqual([
      [true, true],
      [false, true],
      [false, false],
    ]);
    expect(client.parts[0]?.id).toBe('');
    expect(client.summary).toMatchObject({matched: 1_200, total: 1_200, shards: {unplaced: 1_200}});
  });

  it('is opened however many others have been watched before, which are kept for a while', async () => {
    for (let at = 0; at <= FEEDS_LIMIT; at += 1) {
      const client = new Client({view: 'containers', ...app, filter: `c${at}`});
      await until(() => client.hello ?? client.ended, LONG_MS, 'its first word');
      expect(client.ended).toBeUndefined();
      client.closing.abort();
    }
  });

  it('is refused while as many others are watched, and may be tried again', async () => {
    const query = (at: number) => ({view: 'containers', ...app, filter: `c${at}`}) as const;
    const clients = Array.from({length: FEEDS_LIMIT}, (_, at) => new Client(query(at)));
    await until(() => clients.every(({hello}) => hello), LONG_MS, 'their first words');
    const one = new Client(query(FEEDS_LIMIT));
    await until(() => one.ended, LONG_MS, 'it is refused');
    expect(one.ended).toMatchObject({code: 'SERVER_UNAVAILABLE', retryable: true});
    expect(clients.map(({ended}) => ended)).toEqual(clients.map(() => undefined));
  });

  it('ends for an app that is not there with its error, before the first message', async () => {
    const first = (query: AdminInput<'liveStream'>) =>
      world.live(query, '', stop.signal)[Symbol.asyncIterator]().next();
    await expect(first({view: 'moves', service: 'nobody'})).rejects.toMatchObject({
      code: 'APP_NOT_FOUND',
    });
    await expect(first({view: 'moves'})).rejects.toMatchObject({code: 'INVALID_INPUT'});
    await expect(first({view: 'top', ...app})).rejects.toMatchObject({code: 'INVALID_INPUT'});
  });

  it('keeps no more than so much for a reader that is behind, and then sends everything anew', async () => {
    const query = {view: 'shards', ...app, limit: 100_000} as const;
    const events = world.live(query, '', stop.signal)[Symbol.asyncIterator]();
    for (let seen = 0; seen < 3; seen++) await events.next();
    const other = new Client(query, '', false);
    for (const prefix of ['a', 'b', 'c']) {
      const shards = Array.from({length: 8_000}, (_, index) => ({shardId: `${prefix}${index}`}));
      await world.call('addShards', {...app, shards});
      await until(() => other.rows.has(`shards ${prefix}7999`), LONG_MS, 'the others see it');
    }
    let sets = 0;
    let resets = 0;
    while (sets < 24_000) {
      const {value} = (await events.next()) as {value: LiveMessage};
      if (value.type !== 'rows') continue;
      sets += value.shards?.set.length ?? 0;
      if (value.reset) resets++;
    }
    expect([sets, resets]).toEqual([24_000, 1]);
  });

  it('tells that the store is away, and that it is back', async () => {
    let away = false;
    const memory = world.memory;
    const status = memory.status.bind(memory);
    memory.status = async () => {
      if (away) throw new SmError('STORE_UNAVAILABLE', 'etcd does not answer', {retryable: true});
      return status();
    };
    const client = new Client({view: 'apps'});
    await client.has('"service":"orders"');
    const last = () => client.messages.findLast((message) => message.type === 'beat');
    expect(last()?.store.ok).toBe(true);
    away = true;
    await until(() => last()?.store.ok === false, LONG_MS, 'the beat says so');
    expect(last()?.store).toMatchObject({reason: 'etcd does not answer'});
    expect(last()?.store.since).not.toBe('');
    away = false;
    await until(() => last()?.store.ok === true, LONG_MS, 'the beat takes it back');
  });
});

describe('live views of one app and of all', () => {
  it('hold the records once, whichever was there first', async () => {
    const watch = vi.spyOn(world.memory, 'watch');
    const one = new Client({view: 'shards', ...app});
    await until(() => one.summary !== undefined, LONG_MS, 'a first look');
    expect(watch).toHaveBeenCalledTimes(2);
    const all = new Client({view: 'top'});
    await all.has('"service":"orders"');
    const other = new Client({view: 'containers', ...app});
    await until(() => other.summary !== undefined, LONG_MS, 'a first look');
    expect(watch).toHaveBeenCalledTimes(3);
    // From here on only what is held for all is told of changes.
    for (const call of watch.mock.results.slice(0, 2)) call.value.close();
    await world.call('addSpec', {service: 'search'});
    await world.join('search', 'c1');
    await world.join('orders', 'c2');
    await world.call('addShard', {...app, shardId: 'late'});
    await one.has('"id":"late"');
    await other.has('"id":"c2"');
    await all.has('search/c1');
    expect(JSON.stringify([...other.rows.values()])).not.toContain('search');
    expect(other.summary).toMatchObject({service: 'orders', apps: 1, daemons: 0});
    const nobody = new Client({view: 'moves', service: 'nobody'});
    await until(() => nobody.ended !== undefined, LONG_MS, 'its end');
    expect(nobody.ended).toMatchObject({code: 'APP_NOT_FOUND'});
  });
});

it('a view that breaks tells its watchers why; who comes back gets a new one', async () => {
  const client = new Client({view: 'containers', ...app});
  await until(() => client.summary !== undefined, LONG_MS, 'a first look');
  const apps = vi.spyOn(ViewLease.prototype, 'apps').mockImplementation(() => {
    throw new Error('a bug');
  });
  await until(() => client.ended !== undefined, LONG_MS, 'the end of the view');
  expect(client.ended).toMatchObject({message: 'a bug'});
  apps.mockRestore();
  const again = new Client({view: 'containers', ...app}, client.lastEventId);
  await world.join('orders', 'c1');
  await again.has('"id":"c1"');
  expect(again.hello).toMatchObject({resumed: false});
});

describe('a live view of shards', () => {
  const ids = async (over: Partial<AdminInput<'liveStream'>>): Promise<string[]> => {
    const client = new Client({view: 'shards', ...app, ...over});
    await until(() => client.summary !== undefined, LONG_MS, 'a first look');
    client.closing.abort();
    return [...client.rows.values()].map((row) => row.key);
  };

  /** A daemon hears of writes by its watch: a view that opens at once may not know of the last ones yet. */
  const sees = (
    over: Partial<AdminInput<'liveStream'>>,
    wanted: string[],
    ordered = true,
  ): Promise<true> => {
    let last: string[] = [];
    return until(
      async () => {
        last = await ids(over);
        return (ordered ? last : last.sort()).join() === wanted.join();
      },
      LONG_MS,
      () => `${wanted.join()} instead of ${last.join()}`,
    ) as Promise<true>;
  };

  it('filters, sorts and cuts in the daemon', async () => {
    for (const shardId of ['a1', 'a2', 'b1', 'b2'])
      await world.call('addShard', {...app, shardId, task: 'long'.repeat(100)});
    for (const container of ['c1', 'c2']) await world.join('orders', container);
    await world.own('orders', 'a1', {container: 'c2', incarnation: 'c2-1'});
    await world.own('orders', 'b1', {container: 'c1', incarnation: 'c1-1'});
    await world.own('orders', 'b2', {container: 'c1', ready: false, failures: 7});
    await sees({}, ['b2', 'a2', 'a1', 'b1']);
    await sees({limit: 1}, ['b2']);
    await sees({sort: 'name'}, ['a1', 'a2', 'b1', 'b2']);
    await sees({sort: 'container'}, ['a2', 'b1', 'b2', 'a1']);
    await sees({filter: 'B'}, ['b2', 'b1']);
    await sees({filter: 'c2'}, ['a1']);
    await sees({state: 'ready'}, ['a1', 'b1']);
    await sees({container: 'c1'}, ['b2', 'b1']);
    await sees({unplaced: true}, ['a2']);
    await world.delete(world.keys.heartbeat('orders', 'c2-1'));
    await sees({unplaced: true}, ['a1', 'a2'], false);
    await sees({state: 'ready'}, ['b1']);
  });
});

describe('containers', () => {
  it('are filtered in the daemon, by whatever of them a view shows', async () => {
    for (const container of ['c1', 'c2']) await world.join('orders', container);
    const seen = async (filter: string): Promise<string> => {
      const client = new Client({view: 'containers', ...app, filter});
      await until(() => client.summary !== undefined, LONG_MS, 'a first look');
      client.closing.abort();
      const {matched = 0, total = 0} = client.summary ?? {};
      const keys = [...client.rows.values()].map((row) => row.key);
      return `${keys.join()} ${matched} of ${total}`;
    };
    const is = (filter: string, wanted: string): Promise<unknown> =>
      until(
        async () => (await seen(filter)) === wanted,
        LONG_MS,
        () => `${wanted} for ${filter}`,
      );
    await is('', 'orders/c1/c1-1,orders/c2/c2-1 2 of 2');
    await is('C2', 'orders/c2/c2-1 1 of 2');
    await is('READY', 'orders/c1/c1-1,orders/c2/c2-1 2 of 2');
    await is('none', ' 0 of 2');
  });
});

describe('top', () => {
  it('shows apps, containers, moves and alarms of all apps', async () => {
    const note = {
      id: 'm1',
      from: 'c1',
      to: 'c2',
      why: 'drain',
      startedAt: new Date(NOW_MS).toISOString(),
    };
    await world.call('addSpec', {service: 'search'});
    await world.join('search', 'c1');
    await world.own('orders', 's1', {state: 'dropping', ready: false, move: note, failures: 2});
    const ended = {...note, shard: 's2', endedAt: new Date(NOW_MS).toISOString(), note: ''};
    await world.put(
      world.keys.moves('orders', '1'),
      JSON.stringify([
        {...ended, outcome: 'done'},
        {...ended, shard: 's3', outcome: 'failed'},
      ]),
    );
    await world.say('orders', {alarms: [{code: 'STUCK', text: 'x', since: note.startedAt}]});
    const client = new Client({view: 'top'});
    await client.has('"outcome":"failed"');
    expect([...client.rows.keys()].sort()).toEqual(
      [
        'apps orders',
        'apps search',
        'containers orders/c1/c1-1',
        'containers search/c1/c1-1',
        `finished orders/m1/s2/${ended.endedAt}`,
        `finished orders/m1/s3/${ended.endedAt}`,
        'moves orders/s1',
      ].sort(),
    );
    expect(client.summary).toMatchObject({
      apps: 2,
      alarmCount: 1,
      moves: {running: 1, stuck: 1, done: 1, failed: 1},
    });
    expect(client.rows.get('moves orders/s1')).toMatchObject({stuck: true, step: 'dropping'});
  });
});
