/** Threads whose work may wait stand behind those whose work may not. */
import {constants, getPriority, setPriority} from 'node:os';

/**
 * Gives the thread that calls it a nice value of so much more than it has: where processors are short, it waits for the event loop of its process, and not the other way
 * round. On Linux alone: elsewhere the value is that of the whole process. Where the system refuses, the thread stays as it is.
 */
export function stepBack(by: number): void {
  if (process.platform !== 'linux') return;
  try {
    setPriority(Math.min(getPriority() + by, constants.priority.PRIORITY_LOW));
  } catch {
    // A container may forbid the call; the work is done all the same.
  }
}
