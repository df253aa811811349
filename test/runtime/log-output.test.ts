import {describe, expect, it} from 'vitest';
import {Writable} from 'node:stream';
import {LogOutput, lostLogLines} from '../../src/runtime/log-output.ts';

describe('LogOutput', () => {
  it('keeps 1 MiB for a reader that takes nothing, counts what comes beyond, and says so once', () => {
    const reported: string[] = [];
    const stream = new Writable({write: () => undefined});
    const output = new LogOutput(stream, (text) => reported.push(text));
    const before = lostLogLines();
    for (let count = 0; count < 3_000; count += 1) output.write('.'.repeat(1024));
    expect(stream.writableLength).toBeLessThan(1024 * 1024 + 2_048);
    expect(lostLogLines() - before).toBeGreaterThan(1_900);
    expect(reported).toEqual([
      'sm: continuing without a log, which cannot be written: nobody reads it',
    ]);
  });
});
