/** How a daemon ends whose store inside is lost. */
import {expect, it} from 'vitest';
import {SmError} from '../../src/model/errors.ts';
import {gate} from '../../src/runtime/gate.ts';
import {endedWith} from '../../src/server/embedded-daemon.ts';

const LOST = new SmError('CONFLICT', 'this daemon no longer owns the data directory');

/** As the daemon does it. */
function fakeDaemon() {
  const ended = gate();
  let isReleased = false;
  const abandon = async (): Promise<void> => {
    await Promise.resolve();
    isReleased = true;
    ended.reject(new Error('abandoned'));
  };
  return {ended, daemon: {ended: ended.promise, abandon}, isReleased: () => isReleased};
}

it('a daemon whose data directory is taken over ends with that reason, once it has let go', async () => {
  const {daemon, isReleased} = fakeDaemon();
  await expect(endedWith(daemon, Promise.resolve(LOST))).rejects.toBe(LOST);
  expect(isReleased()).toBe(true);
});

it('a daemon that ends by itself ends as it says', async () => {
  const never = new Promise<SmError>(() => undefined);
  const [left, broken] = [fakeDaemon(), fakeDaemon()];
  left.ended.resolve();
  await expect(endedWith(left.daemon, never)).resolves.toBeUndefined();
  broken.ended.reject(new Error('daemon ended: cloned'));
  await expect(endedWith(broken.daemon, never)).rejects.toThrow('cloned');
});
