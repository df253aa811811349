/** Loads of a container's shards, as whoever asks for what it holds gets them. */
import {describe, expect, it} from 'vitest';
import {ContainerLoads} from '../../src/container/container-loads.ts';
import type {LoadCallback} from '../../src/container/container-loads.ts';
import {checkJoinOptions} from '../../src/container/options.ts';
import {ProcessFigures} from '../../src/container/process-figures.ts';
import {ShardHandle} from '../../src/container/shard.ts';

const SPEC = {
  ...{id: 's', service: 'app', task: '', updateTime: 1},
  ...{manualContainerId: '', group: '', workerGroup: ''},
};

function withCallback(load?: LoadCallback): {loads: ContainerLoads; handle: ShardHandle} {
  const loads = new ContainerLoads({clock: {nowMs: () => 0}, load});
  const owner = {remainingMs: () => 1, workChanged: () => undefined, loads};
  return {loads, handle: new ShardHandle(SPEC, 'token', 1, owner)};
}

describe('loads of a container', () => {
  it('are what the handles were given, and what the callback says', () => {
    const {loads, handle} = withCallback(({id}) => ({size: id.length}));
    handle.report({qps: 7});
    expect(loads.sample(handle)).toEqual({qps: 7, size: 1});
  });

  it('are nothing for a shard of which nothing was reported, or whose right to act is over', () => {
    const {loads, handle} = withCallback();
    expect(loads.sample(handle)).toBeUndefined();
    expect(loads.sample(undefined)).toBeUndefined();
    handle.report({qps: 7});
    handle.revoke();
    handle.report({qps: 8});
    handle.count({calls: 1});
    expect(loads.sample(handle)).toBeUndefined();
  });

  it('are not hurt by a callback that throws, promises or babbles; each is counted', async () => {
    const answers: (() => unknown)[] = [
      () => {
        throw new Error('no');
      },
      () => Promise.reject(new Error('later no')),
      () => 7,
    ];
    let at = 0;
    const {loads, handle} = withCallback((() => answers[at++]?.()) as never);
    handle.report({qps: 7});
    for (const _ of answers) expect(loads.sample(handle)).toEqual({qps: 7});
    expect(loads.faults).toEqual({callback: 3});
    // A rejection that nobody takes would end the process.
    await new Promise((resolve) => setTimeout(resolve, 10));
  });

  it('refuse a callback that is not a function at the start', () => {
    const options = {app: 'a', endpoints: ['x:1'], load: 7 as never};
    expect(() => checkJoinOptions(options)).toThrow('load is not a function');
  });
});

describe('figures of the process', () => {
  it('are its memory at once, and its share of the CPU over the last window from the second look on', () => {
    let nowMs = 0;
    const figures = new ProcessFigures(() => nowMs);
    expect(figures.sample()).toEqual({memoryBytes: expect.any(Number) as number});
    nowMs = 10_000;
    const {cpu = -1, memoryBytes = 0, eventLoopDelayMs = -1} = figures.sample();
    expect(cpu).toBeGreaterThanOrEqual(0);
    expect(memoryBytes).toBeGreaterThan(1e6);
    expect(eventLoopDelayMs).toBeGreaterThanOrEqual(0);
    figures.stop();
  });
});
