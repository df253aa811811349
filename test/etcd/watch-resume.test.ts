/** From which revision on a watch asks after its stream has failed, by the reports that etcd sends of how far it is. */
import {afterEach, expect, it, vi} from 'vitest';
import {PrefixWatch} from '../../src/etcd/watch.ts';
import type {IDuplexWatchStream, WatchResponse} from '../../src/etcd/wire.ts';

const FROM = 10;
const REPORTED = 500;

type Listener = (said: never) => void;

/** A stream of which the test says what comes. */
class SpokenStream {
  readonly asked: {create_request?: {start_revision: string}}[] = [];
  private readonly listeners = new Map<string, Listener>();

  on = (event: string, listener: Listener): void => void this.listeners.set(event, listener);
  write = (request: (typeof this.asked)[number]): void => void this.asked.push(request);
  removeAllListeners = (event: string): void => void this.listeners.delete(event);
  pause = (): void => undefined;
  resume = (): void => undefined;
  end = (): void => undefined;
  cancel = (): void => undefined;

  say(response: Partial<WatchResponse>): void {
    const header = {cluster_id: '1', revision: String(REPORTED)};
    const nothing = {created: false, canceled: false, compact_revision: '0', events: []};
    this.listeners.get('data')?.({header, watch_id: '0', ...nothing, ...response} as never);
  }

  fail(): void {
    this.listeners.get('error')?.(new Error('as the test has it') as never);
  }
}

afterEach(() => vi.useRealTimers());

/** Streams that begin to watch, and end after `lastMs`. Resolves with how many are opened within a minute of a fake clock. */
async function openedWithin(minuteMs: number, lastMs: number): Promise<number> {
  vi.useFakeTimers({toFake: ['setTimeout', 'clearTimeout', 'performance']});
  let opened = 0;
  const openStream = async (): Promise<IDuplexWatchStream> => {
    const stream = new SpokenStream();
    opened += 1;
    setTimeout(() => stream.say({created: true}), 1);
    setTimeout(() => stream.fail(), 1 + lastMs);
    return stream as unknown as IDuplexWatchStream;
  };
  const source = {
    ...{openStream, clusterId: () => '1', seen: () => undefined},
    streamFailed: async () => undefined,
    revision: async () => REPORTED,
  };
  const listener = {onBatch: () => undefined, onLost: () => undefined};
  const watch = new PrefixWatch(source, '/p/', FROM, listener);
  await vi.advanceTimersByTimeAsync(minuteMs);
  watch.close();
  return opened;
}

it('a stream that ends as soon as it is open is opened again with pauses: at most 90 times in a minute', async () => {
  expect(await openedWithin(60_000, 1)).toBeLessThanOrEqual(90);
});

it('one that had watched for 10 s is opened again after the first pause', async () => {
  expect(await openedWithin(60_000, 10_000)).toBe(6);
});

it.each([
  {what: 'a report of its own accord', watch_id: '0', asks: REPORTED},
  {what: 'an answer, which may be about a watcher that lags', watch_id: '-1', asks: FROM - 1},
])('$what: it asks from $asks on', async ({watch_id, asks}) => {
  const streams: SpokenStream[] = [];
  const openStream = async (): Promise<IDuplexWatchStream> => {
    const stream = new SpokenStream();
    streams.push(stream);
    return stream as unknown as IDuplexWatchStream;
  };
  const source = {
    ...{openStream, clusterId: () => '1', seen: () => undefined},
    streamFailed: async () => undefined,
    revision: async () => REPORTED,
  };
  const watch = new PrefixWatch(source, '/p/', FROM, {
    onBatch: () => undefined,
    onLost: (reason) => expect.unreachable(reason),
  });
  await expect.poll(() => streams[0]?.asked).toHaveLength(1);
  streams[0]?.say({created: true});
  streams[0]?.say({watch_id});
  streams[0]?.fail();
  await expect.poll(() => streams[1]?.asked).toHaveLength(1);
  expect(streams[1]?.asked[0]?.create_request?.start_revision).toBe(String(asks));
  watch.close();
});
