/** A bug in the session ends the container, and nobody reads that an operator did. */
import {afterEach, expect, it, vi} from 'vitest';
import {ContainerSession} from '../../src/ownership/session.ts';
import {joined} from './joined-bed.ts';

afterEach(() => void vi.restoreAllMocks());

it('says that it is a bug, and not that an operator has evicted the container', async () => {
  const {container} = await joined();
  vi.spyOn(ContainerSession.prototype, 'advance').mockImplementation(() => {
    throw new Error('an invariant does not hold');
  });
  await expect(container.ended).rejects.toMatchObject({
    code: 'INTERNAL',
    message: 'a bug of sm has ended the session of container c1',
  });
});
