/** The first of several signals is one thing, the next another, whichever kinds they are. */
import {describe, expect, it} from 'vitest';
import {onFirstSignal} from '../../src/runtime/first-signal.ts';

const SIGNALS = ['SIGUSR2', 'SIGWINCH'] as const;

const listening = (): number[] => SIGNALS.map((signal) => process.listenerCount(signal));

describe('the first signal', () => {
  it('is heard once; the next one, of another kind, goes to who listens by then', () => {
    const before = listening();
    const heard: string[] = [];
    onFirstSignal(SIGNALS, () => {
      heard.push('first');
      for (const signal of SIGNALS) process.once(signal, () => heard.push(`next: ${signal}`));
    });
    process.emit('SIGUSR2');
    process.emit('SIGWINCH');
    process.emit('SIGUSR2');
    expect(heard).toEqual(['first', 'next: SIGWINCH', 'next: SIGUSR2']);
    expect(listening()).toEqual(before);
  });

  it('is heard no more once nobody wants it', () => {
    const before = listening();
    const stop = onFirstSignal(SIGNALS, () => expect.unreachable());
    stop();
    for (const signal of SIGNALS) process.emit(signal);
    expect(listening()).toEqual(before);
  });

  it('is for all who wait by one listener, and for each of them once', () => {
    const before = listening();
    const heard: number[] = [];
    const stops = Array.from({length: 20}, (_, at) => onFirstSignal(SIGNALS, () => heard.push(at)));
    expect(listening()).toEqual(before.map((count) => count + 1));
    stops[1]?.();
    process.emit('SIGUSR2');
    process.emit('SIGWINCH');
    expect(heard).toEqual(Array.from({length: 20}, (_, at) => at).filter((at) => at !== 1));
    expect(listening()).toEqual(before);
  });
});
