/** `sm audit` of a busy etcd, which says that it has sent all of the past before it sends it. */
import {afterEach, beforeEach, expect, it} from 'vitest';
import {startEmbeddedStore} from '../../src/embedded/index.ts';
import type {EmbeddedStore} from '../../src/embedded/index.ts';
import {Keys} from '../../src/etcd/keys.ts';
import {RawKeys} from '../../src/etcd/raw-keys.ts';
import type {IDuplexWatchStream, WatchResponse} from '../../src/etcd/wire.ts';
import {EtcdStore} from '../../src/store/etcd-store.ts';
import {auditStore} from '../../src/transfer/audit.ts';
import {pause} from '../support/until.ts';

const [PREFIX, SERVICE] = ['/t', 'sm.t'];
const LATE_MS = 1_500;
const KEY = new Keys(PREFIX, SERVICE).appSpec('orders');

let server: EmbeddedStore;
let store: EtcdStore;
let keys: RawKeys;

/** Changes come late; what the store says of its progress does not. */
function late(stream: IDuplexWatchStream): IDuplexWatchStream {
  const on = stream.on.bind(stream) as (event: string, listener: unknown) => unknown;
  const lateOn = (event: string, listener: (response: WatchResponse) => void): unknown => {
    if (event !== 'data') return on(event, listener);
    return on(event, (response: WatchResponse) =>
      response.events.length === 0
        ? listener(response)
        : void setTimeout(() => listener(response), LATE_MS),
    );
  };
  return Object.assign(stream, {on: lateOn});
}

beforeEach(async () => {
  server = await startEmbeddedStore();
  store = new EtcdStore({endpoints: [server.endpoint]});
  keys = new RawKeys({endpoints: [server.endpoint]});
  const openWatch = keys.openWatch.bind(keys);
  keys.openWatch = async () => late(await openWatch());
});

afterEach(async () => {
  keys.close();
  await store.close();
  await server.close();
});

async function write(times: number): Promise<void> {
  for (let time = 0; time < times; time += 1)
    await store.transact({compares: [], then: [{op: 'put', key: KEY, value: `{"time":${time}}`}]});
}

const audited = (app?: string) =>
  auditStore({
    app,
    location: {keys, prefix: PREFIX, name: 'test', close: () => Promise.resolve()},
    service: SERVICE,
  });

it('waits for what was written before, and does not call the store damaged', async () => {
  await write(5);
  const {base, until} = await audited();
  expect(until - base).toBe(5);
});

it('does not call an app lawful of which there is nothing', async () => {
  await write(5);
  await expect(audited('ordres')).rejects.toMatchObject({code: 'NOT_FOUND', object: 'app/ordres'});
});

it('ends although somebody writes all the time', async () => {
  await write(5);
  let isOver = false;
  const writing = (async () => {
    while (!isOver) {
      await write(1);
      await pause(20);
    }
  })();
  const {base, until} = await audited();
  expect(until - base).toBeGreaterThanOrEqual(5);
  isOver = true;
  await writing;
});
