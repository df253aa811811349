/** What was played before somebody interrupts is not lost, and nothing plays on for nobody. */
import {spawn} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {expect, it} from 'vitest';
import {until} from '../support/until.ts';
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

it.runIf(process.platform === 'linux')(
  'the processes of `npm run sim --jobs` end with the one that started them',
  {timeout: SIMULATION_HANG_MS},
  async () => {
    const parent = spawn(process.execPath, [
      ...['--import', 'tsx', 'test/simulation/run.ts'],
      ...['--seed', '1', '--minutes', '60', '--jobs', '2'],
    ]);
    let players: number[] = [];
    await until(
      () => (players = childrenOf(parent.pid ?? 0).filter(isPlayer)).length === 2,
      SIMULATION_HANG_MS,
      'two processes play',
    );
    parent.kill('SIGKILL');
    await until(() => !players.some(isPlayer), SIMULATION_HANG_MS, 'both have ended');
  },
);

function childrenOf(pid: number): number[] {
  const pids = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return pids.trim().split(' ').map(Number);
}

/** Whether the process lives and plays; one that is gone has no file. */
function isPlayer(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('.tmp/simulation-');
  } catch {
    return false;
  }
}
