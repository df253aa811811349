import {beforeEach, describe, expect, it} from 'vitest';
import {World} from './fixture.ts';

let world: World;
beforeEach(async () => {
  world = new World();
  // Of an sm under another name: the app runs, and nobody here knows its spec.
  await world.put(world.keys.governedBy('orders'), 'sm.before');
});

const RENAMED = /set it back to sm\.before/;

describe('an app that another sm governs', () => {
  it.each(['exists', 'ready', 'balanced'] as const)('is not waited for until %s', async (goal) => {
    const wait = world.call('waitCheck', {service: 'orders', kind: 'app', for: goal});
    await expect(wait).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('sm.before') as string,
      hint: expect.stringMatching(RENAMED) as string,
    });
  });

  it('has no shards and containers to wait for here', async () => {
    for (const kind of ['shard', 'container'] as const)
      await expect(
        world.call('waitCheck', {service: 'orders', kind, id: 'x', for: 'ready'}),
      ).rejects.toMatchObject({code: 'CONFLICT'});
  });

  it('is named by doctor while there is no app of this sm', async () => {
    const service = async () =>
      (await world.call('checks', {})).checks.find(({name}) => name === 'service');
    expect(await service()).toMatchObject({
      verdict: 'FAIL',
      text: expect.stringContaining('orders') as string,
      fix: expect.stringMatching(RENAMED) as string,
    });
    await world.call('addSpec', {service: 'search'});
    expect(await service()).toBeUndefined();
  });

  it('cannot be created here', async () => {
    await expect(world.call('addSpec', {service: 'orders'})).rejects.toMatchObject({
      code: 'CONFLICT',
      hint: expect.stringMatching(RENAMED) as string,
    });
  });
});
