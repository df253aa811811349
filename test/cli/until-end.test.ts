/** Signals of commands that run until somebody ends them. */
import {afterEach, expect, it, vi} from 'vitest';
import {untilEnd} from '../../src/cli/until-end.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const before = SIGNALS.map((signal) => process.rawListeners(signal));

/** Those that were added since, by signal. */
function added(): ((signal: NodeJS.Signals) => void)[][] {
  return SIGNALS.map((signal, at) =>
    process.rawListeners(signal).filter((one) => !before[at]?.includes(one)),
  ) as ((signal: NodeJS.Signals) => void)[][];
}

afterEach(() => {
  for (const [at, signal] of SIGNALS.entries())
    for (const one of added()[at] ?? []) process.removeListener(signal, one);
  vi.restoreAllMocks();
});

it.each([
  [0, 1, 143],
  [1, 0, 130],
  [1, 1, 143],
  [2, 0, 130],
])(
  'after a first signal (%i) the second (%i) ends the process with %i',
  async (first, second, exit) => {
    const exited = vi.spyOn(process, 'exit').mockImplementation(() => undefined as never);
    const ended = untilEnd(undefined);
    for (const listener of added()[first] ?? []) listener(SIGNALS[first] ?? 'SIGINT');
    await ended;
    expect(exited).not.toHaveBeenCalled();
    for (const listener of added()[second] ?? []) listener(SIGNALS[second] ?? 'SIGINT');
    expect(exited.mock.calls).toEqual([[exit]]);
  },
);
