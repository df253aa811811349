/** Opens the server's port, with the reason in words when that cannot be. */
import {once} from 'node:events';
import {createServer} from 'node:net';
import type {Server, ServerCredentials} from '@grpc/grpc-js';
import {SmError} from '../model/errors.ts';
import {addressOf, bareHost, listenFault} from '../model/listen-fault.ts';

/** Returns the port. @throws SmError PORT_TAKEN, INVALID_CONFIG */
export async function listen(
  server: Server,
  host: string,
  port: number,
  credentials: ServerCredentials,
): Promise<number> {
  try {
    await tryPort(host, port);
    return await bind(server, addressOf(host, port), credentials);
  } catch (error) {
    throw storeFault(error, host, port);
  }
}

function storeFault(error: unknown, host: string, port: number): unknown {
  const keys = {hostKey: 'embedded.host', portKey: 'embedded.port'};
  const fault = listenFault(error, {host, port, ...keys});
  if (fault instanceof SmError)
    return new SmError(fault.code, `the embedded store cannot listen: ${fault.message}`, {
      ...(fault.hint === undefined ? {} : {hint: fault.hint}),
      cause: error,
    });
  // The library's own words for a port that was taken in between.
  return new SmError('PORT_TAKEN', `the embedded store cannot listen on ${addressOf(host, port)}`, {
    hint: 'stop what listens there, or give another port',
    cause: error,
  });
}

/** The gRPC library keeps the reason to itself, and prints a line of its own. */
async function tryPort(host: string, port: number): Promise<void> {
  const probe = createServer();
  probe.listen(port, bareHost(host));
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
