import {describe, expect, it, vi} from 'vitest';
import {gate} from '../../src/runtime/gate.ts';
import {HEAVY_CALL_REST_MAX_MS} from '../../src/server/limits.ts';
import {Turns} from '../../src/server/turns.ts';

/** Work that ends when it is told to, by name. */
class Work {
  readonly begun: string[] = [];
  private readonly gates = new Map<string, ReturnType<typeof gate<void>>>();

  of(name: string): () => Promise<string> {
    const ends = gate();
    this.gates.set(name, ends);
    return async () => {
      this.begun.push(name);
      await ends.promise;
      return name;
    };
  }

  async end(name: string): Promise<void> {
    this.gates.get(name)?.resolve();
    await new Promise(setImmediate);
  }
}

describe('turns', () => {
  it('go to each key in turn, one piece at a time, however much one of them wants', async () => {
    const [turns, work] = [new Turns({atOnce: 1, waitingPerKey: 9}), new Work()];
    const all = ['a1', 'a2', 'a3', 'b1', 'c1', 'b2'].map((name) =>
      turns.run(name.slice(0, 1), work.of(name)),
    );
    await new Promise(setImmediate);
    for (const name of ['a1', 'a2', 'b1', 'c1', 'a3', 'b2']) {
      expect(work.begun.at(-1)).toBe(name);
      await work.end(name);
    }
    expect(await Promise.all(all)).toEqual(['a1', 'a2', 'a3', 'b1', 'c1', 'b2']);
  });

  it('leave room for others while one key is busy', async () => {
    const [turns, work] = [new Turns({atOnce: 2, waitingPerKey: 9}), new Work()];
    for (const name of ['a1', 'a2', 'b1', 'c1']) void turns.run(name.slice(0, 1), work.of(name));
    await new Promise(setImmediate);
    expect(work.begun).toEqual(['a1', 'b1']);
    await work.end('b1');
    expect(work.begun).toEqual(['a1', 'b1', 'c1']);
  });

  it('are refused when too much waits, and go on after work that fails', async () => {
    const [turns, work] = [new Turns({atOnce: 1, waitingPerKey: 1}), new Work()];
    const failing = turns.run('a', () => Promise.reject(new Error('failed')));
    const waits = turns.run('a', work.of('a2'));
    await expect(turns.run('a', work.of('a3'))).rejects.toMatchObject({
      code: 'RATE_LIMITED',
      retryable: true,
    });
    await expect(failing).rejects.toThrow('failed');
    await work.end('a2');
    expect(await waits).toBe('a2');
  });

  it('of a key that rests begin for others at once, and for itself after so many times as long as its piece took', async () => {
    vi.useFakeTimers();
    try {
      const turns = new Turns({atOnce: 1, waitingPerKey: 9});
      const begun: string[] = [];
      const piece = (name: string, tookMs: number) => async (): Promise<void> => {
        begun.push(name);
        await new Promise((resolve) => void setTimeout(resolve, tookMs));
      };
      void turns.run('a', piece('a1', 100), 3);
      void turns.run('a', piece('a2', 100_000), 3);
      void turns.run('b', piece('b1', 10));
      void turns.run('b', piece('b2', 10));
      await vi.advanceTimersByTimeAsync(100);
      expect(begun).toEqual(['a1', 'b1']);
      await vi.advanceTimersByTimeAsync(10);
      expect(begun).toEqual(['a1', 'b1', 'b2']);
      await vi.advanceTimersByTimeAsync(289);
      expect(begun).toEqual(['a1', 'b1', 'b2']);
      await vi.advanceTimersByTimeAsync(1);
      expect(begun).toEqual(['a1', 'b1', 'b2', 'a2']);
      void turns.run('a', piece('a3', 1));
      await vi.advanceTimersByTimeAsync(100_000 + HEAVY_CALL_REST_MAX_MS - 1);
      expect(begun.at(-1)).toBe('a2');
      await vi.advanceTimersByTimeAsync(1);
      expect(begun.at(-1)).toBe('a3');
    } finally {
      vi.useRealTimers();
    }
  });
});
