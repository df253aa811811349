import {randomInt} from 'node:crypto';
import {once} from 'node:events';
import {createServer} from 'node:net';
import type {AddressInfo, Server} from 'node:net';

/** Below the range from which systems give ports to outgoing connections and to listeners at port 0: nobody gets one of these by chance. Above 10080, the last port that `fetch` refuses. */
const LOWEST_PORT = 10_100;
const HIGHEST_PORT = 32_000;

/**
 * Ports that were free a moment ago, and that only somebody who asks for them by number can take: a daemon that is
 * started again finds its port free. Taken together so that they differ.
 */
export async function freePorts(count: number): Promise<number[]> {
  const servers: Server[] = [];
  while (servers.length < count) {
    const server = await listening(randomInt(LOWEST_PORT, HIGHEST_PORT));
    if (server !== undefined) servers.push(server);
  }
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
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
