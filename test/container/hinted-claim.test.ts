import {expect, it, vi} from 'vitest';
import {SessionDriverBed} from './session-driver-bed.ts';

it('a hint that brings the record is claimed without a read, once the cluster record was looked at', async () => {
  const tasks: string[] = [];
  const bed = new SessionDriverBed({add: ({id}) => void tasks.push(id), drop: () => undefined});
  await bed.start();
  const reads = vi.spyOn(bed.store, 'getMany');
  for (const [shard, to] of [
    ['read', 'hinted'],
    ['hinted', 'hinted'],
  ] as const) {
    await bed.give([shard], to);
    await bed.untilRecord(shard, ({ready}) => ready, `${shard} is ready`);
  }
  expect(reads).toHaveBeenCalledTimes(1);
  expect(tasks).toEqual(['read', 'hinted']);
  bed.driver.stop();
});
