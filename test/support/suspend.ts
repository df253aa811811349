import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {LONG_MS, until} from './until.ts';

/**
 * Stops a process with SIGSTOP and resolves once none of its threads runs any more. The signal alone does not promise that: `kill`
 * returns when the signal is queued, and on a busy machine the process goes on, and answers, until one of its threads is scheduled.
 */
export async function suspend(pid: number | undefined): Promise<void> {
  if (pid === undefined) throw new Error('nothing to stop: the process does not run');
  process.kill(pid, 'SIGSTOP');
  await until(() => isStopped(pid), LONG_MS, `process ${pid} stops`);
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
