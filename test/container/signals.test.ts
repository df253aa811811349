/** `signals` of `joinApp`: the first signal leaves, a second one is for Node. */
import {expect, it} from 'vitest';
import {joined} from './joined-bed.ts';

type Listener = (signal: NodeJS.Signals) => void;
const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

function listeners(signal: NodeJS.Signals): Listener[] {
  return process.rawListeners(signal) as Listener[];
}

it.each(SIGNALS)('after %s the next signal of either kind ends the process', async (first) => {
  const before = SIGNALS.map((signal) => listeners(signal));
  const {container} = await joined({signals: true});
  const own = (): Listener[][] =>
    SIGNALS.map((signal, at) => listeners(signal).filter((one) => !before[at]?.includes(one)));
  const [begun] = own()[SIGNALS.indexOf(first)] ?? [];
  expect(own().map(({length}) => length)).toEqual([1, 1]);
  begun?.(first);
  expect(own()).toEqual([[], []]);
  expect(await container.ended).toBe('left');
});
