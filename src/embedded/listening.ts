/** The store's port: connections are counted before gRPC gets them. */
import {once} from 'node:events';
import {createServer} from 'node:net';
import type {AddressInfo} from 'node:net';
import type {Server, ServerCredentials} from '@grpc/grpc-js';
import {SmError} from '../model/errors.ts';
import {addressOf, bareHost, listenFault} from '../model/listen-fault.ts';
import type {Connections} from './connections.ts';

export interface Listening {
  /** `host:port`. */
  readonly endpoint: string;
  /** No new connections; those that are open are closed. */
  close(): void;
}

interface ListenOptions {
  readonly host: string;
  readonly port: number;
  readonly credentials: ServerCredentials;
}

/** @throws SmError PORT_TAKEN, INVALID_CONFIG */
export async function listen(
  server: Server,
  connections: Connections,
  {host, port, credentials}: ListenOptions,
): Promise<Listening> {
  const injector = server.createConnectionInjector(credentials);
  const listener = createServer({noDelay: true}, (socket) => {
    if (connections.take(socket)) injector.injectConnection(socket);
  });
  try {
    listener.listen(port, bareHost(host));
    await once(listener, 'listening');
  } catch (error) {
    throw storeFault(error, host, port);
  }
  // Out of descriptors, for example: who waits is taken later.
  listener.on('error', () => undefined);
  const {port: bound} = listener.address() as AddressInfo;
  const close = (): void => {
    listener.close();
    connections.close();
  };
  return {endpoint: addressOf(host, bound), close};
}

function storeFault(error: unknown, host: string, port: number): unknown {
  const keys = {hostKey: 'embedded.host', portKey: 'embedded.port'};
  const fault = listenFault(error, {host, port, ...keys});
  if (!(fault instanceof SmError)) return fault;
  return new SmError(fault.code, `the embedded store cannot listen: ${fault.message}`, {
    ...(fault.hint === undefined ? {} : {hint: fault.hint}),
    cause: error,
  });
}
