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

it('speaks at once where the work has to come to a place at which it can stop', async () => {
  const order: string[] = [];
  const finishing = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      signal.addEventListener('abort', () => {
        order.push('call under way');
        setImmediate(resolve);
      });
      process.emit('SIGINT');
    });
  const work = interruptible(finishing, 'again', 'in part', () => order.push('stopping'));
  await expect(work).rejects.toMatchObject({code: 'INTERRUPTED'});
  expect(order).toEqual(['stopping', 'call under way']);
});
