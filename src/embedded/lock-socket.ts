/** A unix socket in the lock: the kernel closes it when its process ends, however it ends, and not while it is paused. */
import {closeSync, openSync} from 'node:fs';
import {connect, createServer} from 'node:net';
import type {Server} from 'node:net';
import {join} from 'node:path';
import {SOCKET_ANSWER_LIMIT_MS, SOCKET_PATH_LIMIT_BYTES} from './limits.ts';

const SOCKET = 'socket';

/** Listening when it resolves; undefined where the file system or the system has no such sockets. */
export async function bindLockSocket(lock: string): Promise<Server | undefined> {
  return withShortPath(lock, (path) => {
    if (path === undefined) return Promise.resolve(undefined);
    const server = createServer((caller) => caller.destroy());
    return new Promise((resolve) => {
      server.once('error', () => resolve(undefined));
      server.listen({path, exclusive: true}, () => {
        // Who knocks sees that it listens: whether a call is taken does not matter.
        server.removeAllListeners('error').on('error', () => undefined);
        // A process that has nothing else to do may end.
        resolve(server.unref());
      });
    });
  });
}

/** `refused`: nobody listens, its process has ended; `absent`: there is no such socket to ask. */
export async function knockAtLockSocket(lock: string): Promise<'open' | 'refused' | 'absent'> {
  return withShortPath(lock, (path) => {
    if (path === undefined) return Promise.resolve('absent');
    return new Promise((resolve) => {
      const caller = connect(path);
      const end = (answer: 'open' | 'refused' | 'absent'): void => {
        caller.destroy();
        resolve(answer);
      };
      caller.setTimeout(SOCKET_ANSWER_LIMIT_MS, () => end('open'));
      caller.once('connect', () => end('open'));
      caller.on('error', ({code}: NodeJS.ErrnoException) => {
        if (code === 'ECONNREFUSED') end('refused');
        // Full, or of another user: there is somebody.
        else end(code === 'ENOENT' ? 'absent' : 'open');
      });
    });
  });
}

/** Linux reaches a directory of any name by its open file. */
async function withShortPath<T>(
  lock: string,
  work: (path: string | undefined) => Promise<T>,
): Promise<T> {
  const path = join(lock, SOCKET);
  if (Buffer.byteLength(path) <= SOCKET_PATH_LIMIT_BYTES) return work(path);
  if (process.platform !== 'linux') return work(undefined);
  const fd = openSync(lock, 'r');
  try {
    return await work(`/proc/self/fd/${fd}/${SOCKET}`);
  } finally {
    closeSync(fd);
  }
}
