/** What a command says that was cut off. */
import {expect, it} from 'vitest';
import {interruptible} from '../../src/cli/interrupt.ts';

const cutOff = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error));
    process.emit('SIGTERM');
  });

it('says that the operation continues where the daemon goes on with it', async () => {
  await expect(interruptible(cutOff, 'wait on')).rejects.toMatchObject({
    ...{code: 'TERMINATED', hint: 'wait on'},
    message: 'stopped waiting; the operation continues',
  });
});

it('says what it leaves behind where the command itself did the work', async () => {
  await expect(interruptible(cutOff, 'again', 'applied in part')).rejects.toMatchObject({
    ...{code: 'TERMINATED', hint: 'again'},
    message: 'applied in part',
  });
});
