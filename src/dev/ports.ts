import {once} from 'node:events';
import {createServer} from 'node:net';
import type {AddressInfo} from 'node:net';

/** The port, if nothing listens on it at the loopback; 0 asks for any. Undefined when it is taken. */
export async function freePort(port: number): Promise<number | undefined> {
  const server = createServer();
  try {
    server.listen({port, host: '127.0.0.1', exclusive: true});
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  } catch {
    return undefined;
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}
