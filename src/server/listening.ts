import type {FastifyInstance} from 'fastify';
import {SmError} from '../model/errors.ts';

/** @throws SmError PORT_TAKEN. */
export async function listen(
  http: FastifyInstance,
  {host, port}: {readonly host: string; readonly port: number},
): Promise<void> {
  try {
    await http.listen({host, port});
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new SmError('PORT_TAKEN', `port ${port} on ${host} is taken`, {
      hint: 'another daemon or program listens there: set port in the configuration',
      cause: error,
    });
  }
}
