/** Opens the server's port, with the reason in words when that cannot be. */
import {once} from 'node:events';
import {createServer} from 'node:net';
import type {Server, ServerCredentials} from '@grpc/grpc-js';
import {SmError} from '../model/errors.ts';

/** `host:port`, an IPv6 host in brackets. */
export function address(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Returns the port. @throws SmError PORT_TAKEN, INVALID_CONFIG */
export async function listen(
  server: Server,
  host: string,
  port: number,
  credentials: ServerCredentials,
): Promise<number> {
  const where = address(host, port);
  try {
    await tryPort(host, port);
    return await bind(server, where, credentials);
  } catch (error) {
    const {code = 'unknown'} = error as NodeJS.ErrnoException;
    if (code !== 'EADDRINUSE' && code !== 'unknown')
      throw new SmError(
        'INVALID_CONFIG',
        `the embedded store cannot listen on ${where} (${code})`,
        {hint: 'give an address of this machine and a port that this user may use', cause: error},
      );
    throw new SmError('PORT_TAKEN', `the embedded store cannot listen on ${where}`, {
      hint: 'stop what listens there, or give another port',
      cause: error,
    });
  }
}

/** The gRPC library keeps the reason to itself, and prints a line of its own. */
async function tryPort(host: string, port: number): Promise<void> {
  const probe = createServer();
  probe.listen(port, host);
  await once(probe, 'listening');
  probe.close();
  await once(probe, 'close');
}

function bind(server: Server, where: string, credentials: ServerCredentials): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(where, credentials, (error, bound) => {
      if (error === null) resolve(bound);
      else reject(error);
    });
  });
}
