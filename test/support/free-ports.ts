import {randomInt} from 'node:crypto';
import {once} from 'node:events';
import {createServer} from 'node:net';
import type {Server} from 'node:net';

/** Below the range from which systems give ports to outgoing connections and to listeners at port 0: nobody gets one of these by chance. Above 10080, the last port that `fetch` refuses. */
const LOWEST_PORT = 10_100;
const HIGHEST_PORT = 32_000;
/** So many that a port comes again only when the test that drew it is over, so few that there are blocks for all processes of several runs. */
export const PORTS_PER_BLOCK = 250;
const BLOCKS = Math.floor((HIGHEST_PORT - LOWEST_PORT) / PORTS_PER_BLOCK);

/** The ports of this process. */
interface Block {
  readonly lock: number;
  /** The last one that was drawn. */
  last: number;
}

let block: Promise<Block> | undefined;

/**
 * Ports that are free, and that only somebody who asks for them by number can take: a daemon that is started again finds its port free. No
 * other process that draws here gets one of them while this one lives, be it of the same run or of another; and this one draws all others
 * of its block before it draws one again.
 */
export async function freePorts(count: number): Promise<number[]> {
  block ??= ownBlock();
  const own = await block;
  const ports: number[] = [];
  for (let tries = 1; ports.length < count; tries += 1) {
    if (tries === PORTS_PER_BLOCK) throw new Error(`there are not ${count} free ports in a block`);
    own.last = own.last + 1 < own.lock + PORTS_PER_BLOCK ? own.last + 1 : own.lock + 1;
    const port = own.last;
    if (await isFree(port)) ports.push(port);
  }
  return ports;
}

/** Whoever listens at the first port of a block has the block, until the process ends. */
async function ownBlock(): Promise<Block> {
  const first = randomInt(BLOCKS);
  for (let index = 0; index < BLOCKS; index += 1) {
    const lock = LOWEST_PORT + ((first + index) % BLOCKS) * PORTS_PER_BLOCK;
    const server = await listening(lock);
    server?.unref();
    if (server !== undefined) return {lock, last: lock};
  }
  throw new Error('every block of ports has a process');
}

async function isFree(port: number): Promise<boolean> {
  const server = await listening(port);
  if (server === undefined) return false;
  await new Promise((resolve) => server.close(resolve));
  return true;
}

/** Undefined where somebody has the port. */
async function listening(port: number): Promise<Server | undefined> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return server;
  } catch {
    return undefined;
  }
}
