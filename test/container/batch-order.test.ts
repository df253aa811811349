/** What an application's code can do while the container carries out several things at once. */
import {afterEach, describe, expect, it} from 'vitest';
import type {Shard} from '../../src/container/shard.ts';
import {LONG_MS, until} from '../support/until.ts';
import {SessionDriverBed} from './session-driver-bed.ts';

const SHARDS = ['s1', 's2'];

/** An add whose abort listeners note which shards they could still act for. */
function watching(): {seen: string[]; add: (shard: Shard) => void} {
  const held = new Map<string, Shard>();
  const seen: string[] = [];
  const add = (shard: Shard): void => {
    held.set(shard.id, shard);
    shard.signal.addEventListener('abort', () => {
      for (const [id, {owned}] of held) seen.push(`${id} ${owned}`);
    });
  };
  return {seen, add};
}

describe('application code within a batch', () => {
  let bed: SessionDriverBed | undefined;

  afterEach(() => bed?.driver.stop());

  it('cannot, in an abort listener, act for another shard that is revoked in the same moment', async () => {
    const {seen, add} = watching();
    bed = new SessionDriverBed({add, drop: () => undefined});
    await bed.start();
    await bed.give(SHARDS, 'assigned');
    for (const shard of SHARDS) await bed.untilRecord(shard, ({ready}) => ready, 'ready');
    await bed.give(SHARDS, 'lost');
    await until(() => seen.length === 4, LONG_MS, 'both are aborted');
    expect(seen).toEqual(['s1 false', 's2 false', 's1 false', 's2 false']);
  });

  it('sees every shard revoked in an abort listener when the container is stopped', async () => {
    const {seen, add} = watching();
    bed = new SessionDriverBed({add, drop: () => undefined});
    await bed.start();
    await bed.give(SHARDS, 'assigned');
    for (const shard of SHARDS) await bed.untilRecord(shard, ({ready}) => ready, 'ready');
    bed.driver.stop();
    expect(seen).toEqual(['s1 false', 's2 false', 's1 false', 's2 false']);
  });

  it('that stops the container gets no further add', async () => {
    const added: string[] = [];
    const add = (shard: Shard): void => {
      added.push(shard.id);
      bed?.driver.stop();
    };
    bed = new SessionDriverBed({add, drop: () => undefined});
    await bed.start();
    await bed.give(SHARDS, 'assigned');
    await until(() => added.length > 0, LONG_MS, 'the first add');
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(added).toEqual(['s1']);
  });
});
