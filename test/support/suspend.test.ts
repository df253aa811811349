import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {existsSync, readFileSync, readdirSync} from 'node:fs';
import {describe, expect, it} from 'vitest';
import {suspend} from './suspend.ts';
import {pause} from './until.ts';

/** Two threads that never wait. */
const BUSY = `
  const {Worker} = require('node:worker_threads');
  new Worker('for (;;);', {eval: true}).once('online', () => { console.log('busy'); for (;;); });
`;

/** Nanoseconds that its threads have run. */
function ranNs(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  const ran = threads.map((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8'),
  );
  return ran.reduce((sum, line) => sum + Number(line.split(' ')[0]), 0);
}

describe('suspend', () => {
  it.skipIf(!existsSync('/proc/self/schedstat'))('resolves when no thread runs', async () => {
    const child = spawn(process.execPath, ['-e', BUSY], {stdio: ['ignore', 'pipe', 'inherit']});
    const pid = child.pid ?? 0;
    try {
      await once(child.stdout, 'data');
      for (let round = 0; round < 20; round += 1) {
        await suspend(pid);
        const before = ranNs(pid);
        await pause(5);
        expect(ranNs(pid)).toBe(before);
        child.kill('SIGCONT');
        while (ranNs(pid) === before) await pause(1);
      }
    } finally {
      child.kill('SIGKILL');
    }
  });

  it('fails without a process', async () => {
    await expect(suspend(undefined)).rejects.toThrow('does not run');
  });
});
