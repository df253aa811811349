import type {FastifyInstance} from 'fastify';
import {bareHost, listenFault} from '../model/listen-fault.ts';

/** @throws SmError PORT_TAKEN; INVALID_CONFIG for an address that is not of this machine or a port that this user may not use. */
export async function listen(
  http: FastifyInstance,
  {host, port}: {readonly host: string; readonly port: number},
): Promise<void> {
  try {
    await http.listen({host: bareHost(host), port});
  } catch (error) {
    throw listenFault(error, {host, port, hostKey: 'host', portKey: 'port'});
  }
}
