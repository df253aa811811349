import {describe, expect, it} from 'vitest';
import {gate} from '../../src/runtime/gate.ts';
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
});
