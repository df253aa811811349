/** Files of tests share a process: what runs outside of a world finds timers and turns as the machine has them. */
import {expect, it} from 'vitest';
import {patchGlobals} from './world.ts';

it('timers and turns outside of a world get their arguments', async () => {
  patchGlobals();
  const said = await Promise.all([
    new Promise((resolve) => setImmediate(resolve, 'turn')),
    new Promise((resolve) => setTimeout(resolve, 1, 'timer')),
  ]);
  expect(said).toEqual(['turn', 'timer']);
});
