/** What a test of the client opens, and what closes it. */
import type {Server as HttpServer} from 'node:http';
import type {AddressInfo, Server} from 'node:net';
import type {AdminClient} from '../../src/admin/index.ts';

export class Opened {
  readonly clients: AdminClient[] = [];
  private readonly servers: Server[] = [];

  /** Resolves with the port. */
  async listening(server: Server, host = '127.0.0.1'): Promise<number> {
    this.servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, host, resolve));
    return (server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    for (const client of this.clients.splice(0)) client.close();
    for (const server of this.servers.splice(0)) {
      if ('closeAllConnections' in server) (server as HttpServer).closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }
}
