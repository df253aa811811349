/** A live view that ends before its daemon has said a word: nothing has been drawn, and nothing is waited for. */
import {expect, it} from 'vitest';
import {runSession} from '../../src/cli/live/live-session.ts';
import type {LiveMessage} from '../../src/protocol/admin-live.ts';
import {LONG_MS, until} from '../support/until.ts';

/** A daemon that takes the call and does not answer. */
async function* silence(signal: AbortSignal): AsyncGenerator<LiveMessage> {
  await new Promise<void>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error));
  });
  yield* [];
}

function session(ended: (signal: AbortSignal) => Promise<number>): {readonly exits: number[]} {
  const exits: number[] = [];
  const labels = {command: 'sm top', service: '', server: 'silent:1'};
  void runSession({
    ...{view: 'top', labels, fullScreen: true, filter: '', daemons: 1},
    open: () => (_, signal) => silence(signal),
    until: ended,
  }).then((exit) => exits.push(exit));
  return {exits};
}

const never = (signal: AbortSignal): Promise<number> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve(0)));

it.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s ends it with exit code %i', async (name, exit) => {
  const before = process.listenerCount(name);
  const {exits} = session(never);
  await until(() => process.listenerCount(name) > before, LONG_MS, 'it hears signals');
  process.emit(name);
  await until(() => exits.length > 0, LONG_MS, `${name} ends it`);
  expect(exits).toEqual([exit]);
  expect(process.listenerCount(name)).toBe(before);
});

it('the end of its time ends it', async () => {
  const {exits} = session(() => Promise.resolve(0));
  await until(() => exits.length > 0, LONG_MS, 'its time is over');
  expect(exits).toEqual([0]);
});
