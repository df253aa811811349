/** The handle that an application gets: when it may act with it, and what it must wait for. */
import {setImmediate} from 'node:timers/promises';
import {inspect} from 'node:util';
import {describe, expect, it} from 'vitest';
import {ShardHandle} from '../../src/container/shard.ts';
import {ShardMeter} from '../../src/load/shard-meter.ts';

/** A handle of a container with so much of its right to act left; `work` is what the container is told of `run`. */
function handleWith(remainingMs: () => number): {handle: ShardHandle; work: number[]} {
  const work: number[] = [];
  const spec = {
    ...{id: 's', service: 'app', task: '', updateTime: 1},
    ...{manualContainerId: '', group: '', workerGroup: ''},
  };
  const owner = {
    remainingMs,
    workChanged: (_shard: string, _handle: number, left: number) => void work.push(left),
    loads: {newMeter: () => new ShardMeter({nowMs: () => 0, onFault: () => undefined})},
  };
  return {handle: new ShardHandle(spec, 'token', 1, owner), work};
}

const FENCED = expect.objectContaining({code: 'FENCED'}) as Error;

describe('the guard', () => {
  it('passes before the deadline, and throws from it on, without any timer', () => {
    let leftMs = 1;
    const {handle} = handleWith(() => leftMs);
    expect(() => handle.guard()).not.toThrow();
    for (leftMs of [0, -1, -60_000]) expect(() => handle.guard()).toThrow(FENCED);
    leftMs = 5_000;
    expect(() => handle.guard()).not.toThrow();
  });

  it('throws for good once the handle is revoked, whatever time is left', () => {
    const {handle} = handleWith(() => 60_000);
    handle.endRight();
    expect(() => handle.guard()).toThrow(FENCED);
    expect(handle.owned).toBe(false);
  });
});

it('is printed as the shard that it is for, without what the container has besides', () => {
  const {handle} = handleWith(() => 60_000);
  const shown = JSON.parse(JSON.stringify(handle)) as object;
  expect(Object.keys(shown).slice(0, 4)).toEqual(['id', 'task', 'group', 'token']);
  expect(shown).not.toHaveProperty('owner');
  expect(inspect(handle, {depth: 10, showHidden: true})).not.toMatch(/newMeter|AbortController/);
});

describe('the signal', () => {
  it('aborts once, with its reason', () => {
    const {handle} = handleWith(() => 60_000);
    handle.abort('moved');
    handle.abort('fenced');
    expect(handle.signal.aborted).toBe(true);
    expect(handle.signal.reason).toBe('moved');
  });

  it('aborts when the handle is revoked', () => {
    const {handle} = handleWith(() => 60_000);
    handle.revoke();
    expect(handle.signal.aborted).toBe(true);
  });

  it('may be listened to by each of many requests without a warning of Node', async () => {
    const warned: string[] = [];
    const warn = ({message}: Error): void => void warned.push(message);
    process.on('warning', warn);
    const {handle} = handleWith(() => 60_000);
    const listen = (): void => handle.signal.addEventListener('abort', () => undefined);
    for (let requests = 100; requests > 0; requests -= 1) listen();
    await setImmediate();
    process.off('warning', warn);
    expect(warned).toEqual([]);
  });
});

describe('work', () => {
  it('counts from its beginning until it has settled', async () => {
    const {handle, work} = handleWith(() => 60_000);
    let end = (): void => undefined;
    const done = handle.run(() => new Promise<void>((resolve) => (end = resolve)));
    expect(work).toEqual([1]);
    end();
    await done;
    expect(work).toEqual([1, 0]);
  });

  it('that throws has settled, too', async () => {
    const {handle, work} = handleWith(() => 60_000);
    await expect(handle.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(work).toEqual([1, 0]);
  });

  it('does not begin without the right to act', async () => {
    const {handle, work} = handleWith(() => -1);
    let begun = 0;
    await expect(handle.run(async () => (begun += 1))).rejects.toThrow(FENCED);
    expect([begun, work]).toEqual([0, []]);
  });
});
