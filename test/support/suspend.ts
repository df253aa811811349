import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {setTimeout as delay} from 'node:timers/promises';
import {LONG_MS} from './until.ts';

/**
 * Stops a process with SIGSTOP and resolves once none of its threads runs any more. The signal alone does not promise that: `kill`
 * returns when the signal is queued, and on a busy machine the process goes on, and answers, until one of its threads is scheduled.
 */
export async function suspend(pid: number | undefined): Promise<void> {
  if (pid === undefined) throw new Error('nothing to stop: the process does not run');
  process.kill(pid, 'SIGSTOP');
  const endMs = performance.now() + LONG_MS;
  while (!isStopped(pid)) {
    if (performance.now() > endMs) throw new Error(`process ${pid} runs on after SIGSTOP`);
    await delay(1);
  }
}

/** Whether all threads are stopped; without /proc (not Linux) nothing can be read, and the signal must do. */
function isStopped(pid: number): boolean {
  const threads = `/proc/${pid}/task`;
  if (!existsSync('/proc/self/task')) return true;
  return readdirSync(threads).every((thread) => stateOf(`${threads}/${thread}/stat`) === 'T');
}

/** The state letter stands behind the name, which is in parentheses and may hold spaces. */
function stateOf(path: string): string {
  const stat = readFileSync(path, 'utf8');
  return stat.charAt(stat.lastIndexOf(')') + 2);
}
