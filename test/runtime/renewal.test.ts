import {expect, it} from 'vitest';
import {RENEWAL_RETRY_MS} from '../../src/runtime/limits.ts';
import {Renewal} from '../../src/runtime/renewal.ts';

const LOOK_MS = 10_000;

/** A renewal whose looks end as `answers` say, one after the other, and whose time is up when the test says so. */
function renewalOf(answers: readonly (string | undefined)[], lookMs?: number) {
  const left = [...answers];
  const delays: number[] = [];
  const refused: string[] = [];
  let due: (() => void) | undefined;
  const renewal = new Renewal({
    ...(lookMs === undefined ? {} : {lookMs}),
    look: async () => {
      const answer = left.shift();
      if (answer !== undefined) throw new Error(answer);
    },
    onRefused: (_, text) => refused.push(text),
    clock: {
      after: (delayMs, callback) => {
        delays.push(delayMs);
        due = callback;
        return {cancel: () => (due = undefined)};
      },
    },
  });
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const elapse = async (): Promise<void> => {
    due?.();
    await turn();
  };
  return {renewal, delays, refused, elapse, turn, isWaiting: () => due !== undefined};
}

it('tries again until what is new is taken, and says each reason once', async () => {
  const {renewal, delays, refused, elapse, turn, isWaiting} = renewalOf(['no', 'no', 'never']);
  renewal.run();
  await turn();
  for (let look = 0; look < 2; look += 1) await elapse();
  expect(refused).toEqual(['no', 'never']);
  expect(delays).toEqual([RENEWAL_RETRY_MS, RENEWAL_RETRY_MS, RENEWAL_RETRY_MS]);
  expect(isWaiting()).toBe(true);
  renewal.run();
  await turn();
  expect(isWaiting()).toBe(false);
});

it('looks at intervals where it is to, and sooner while something is refused', async () => {
  const {renewal, delays, elapse} = renewalOf([undefined, 'no'], LOOK_MS);
  renewal.wait();
  for (let look = 0; look < 3; look += 1) await elapse();
  expect(delays).toEqual([LOOK_MS, LOOK_MS, RENEWAL_RETRY_MS, LOOK_MS]);
});

it('says a reason again that came back after something was taken', async () => {
  const {renewal, refused, elapse} = renewalOf(['no', undefined, 'no'], LOOK_MS);
  renewal.wait();
  for (let look = 0; look < 3; look += 1) await elapse();
  expect(refused).toEqual(['no', 'no']);
});

it('takes a reason with another measured time in it for the same', async () => {
  const late = ['timed out after 2.0 s', 'timed out after 1.9 s', 'timed out after 2.1 s'];
  const {renewal, refused, elapse} = renewalOf(late, LOOK_MS);
  renewal.wait();
  for (let look = 0; look < 3; look += 1) await elapse();
  expect(refused).toEqual(['timed out after 2.0 s']);
});

it('does not look again once it is closed', async () => {
  const {renewal, delays, turn} = renewalOf(['no'], LOOK_MS);
  renewal.run();
  renewal.close();
  await turn();
  expect(delays).toEqual([]);
});
