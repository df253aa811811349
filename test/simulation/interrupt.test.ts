/** What was played before somebody interrupts is not lost. */
import {spawn} from 'node:child_process';
import {expect, it} from 'vitest';
import {SIMULATION_HANG_MS} from './hang.ts';

it(
  '`npm run sim` that is interrupted says what it has played',
  {timeout: SIMULATION_HANG_MS},
  async () => {
    const child = spawn(process.execPath, [
      ...['--import', 'tsx', 'test/simulation/run.ts'],
      ...['--seed', '1', '--minutes', '60', '--trace'],
    ]);
    // The trace begins when the first seed is played.
    child.stdout.once('data', () => child.kill('SIGINT'));
    let last = '';
    child.stdout.on('data', (chunk: Buffer) => (last = (last + chunk.toString()).slice(-1_000)));
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect(last).toMatch(/\n[1-9]\d* runs, 0 failed/);
    expect(code).toBe(0);
  },
);
