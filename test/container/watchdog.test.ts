/** The watchdog kills a process whose loop stands still past its deadline, and no other. */
import {fork} from 'node:child_process';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {bundled} from '../support/bundle.ts';

const CHILD = join(import.meta.dirname, 'watchdog-child.ts');

/** How the child ended: its signal, else its exit code. */
function outcome(manner: 'healthy' | 'blocked'): Promise<string | number | null> {
  return new Promise((resolve, reject) => {
    const child = fork(bundled(CHILD), [manner]);
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(signal ?? code));
  });
}

describe('the watchdog', () => {
  it('spares a healthy loop whose right to act runs out', async () => {
    expect(await outcome('healthy')).toBe(0);
  });

  it('kills a loop that stands still past its deadline', async () => {
    expect(await outcome('blocked')).toBe('SIGKILL');
  });
});
