import {execFileSync} from 'node:child_process';
import {bundled} from './bundle.ts';

/**
 * The number that a probe prints, which measures its own heap in a process of its own: what others leave behind would count. With a single thread V8
 * compiles, marks and sweeps at the same points in each run: beside the program, what is not swept yet counts, and the number changes from run to run.
 */
export function heapProbe(file: string, ...args: string[]): number {
  const flags = ['--single-threaded', '--expose-gc'];
  const printed = execFileSync(process.execPath, [...flags, bundled(file), ...args], {
    encoding: 'utf8',
  });
  return Number(printed);
}
