/**
 * Stats and content of what may be a pipe or a socket.
 *
 * Node 20 keeps the last stats of a process in one place, and looks there when it follows links to a module: while they are those of a pipe, a package
 * that is linked into node_modules is loaded by the path of the link, and by its own path too where another package asks for it: some of what it exports is
 * undefined then.
 */
import {fstatSync, readFileSync, statSync} from 'node:fs';
import type {Stats} from 'node:fs';

/** @throws NodeJS.ErrnoException EBADF when nothing is open there. */
export function descriptorStats(descriptor: number): Stats {
  return replacingStats(() => fstatSync(descriptor));
}

/** Undefined: nothing is there. @throws NodeJS.ErrnoException EACCES, ENOTDIR, ELOOP. */
export function pathStats(path: string): Stats | undefined {
  return replacingStats(() => statSync(path, {throwIfNoEntry: false}));
}

/** All of it; Node looks at the stats of what it reads. @throws NodeJS.ErrnoException. */
export function fileContent(path: string): Buffer {
  return replacingStats(() => readFileSync(path));
}

/** Stats of a folder take the place of those that were read. */
function replacingStats<T>(read: () => T): T {
  try {
    return read();
  } finally {
    statSync('/');
  }
}
