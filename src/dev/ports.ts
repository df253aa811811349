import {once} from 'node:events';
import {createServer} from 'node:net';
import type {AddressInfo} from 'node:net';
import {SmError} from '../model/errors.ts';
import {PORT_TRIES} from './limits.ts';

/** `fixed`: if it is taken, no other will do. */
export interface WantedPort {
  /** 0: any. */
  readonly wanted: number;
  readonly fixed: boolean;
}

/** A port at the loopback that was free a moment ago. */
async function anyPort(): Promise<number> {
  const server = createServer();
  server.listen({port: 0, host: '127.0.0.1', exclusive: true});
  await once(server, 'listening');
  const {port} = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/**
 * Opens something at the wanted port, or at a free one where another process has it.
 * Only listening shows who has a port: one that was free a moment ago may be taken by now.
 * @returns what was opened, and the port that was taken.
 * @throws SmError PORT_TAKEN; whatever `open` throws.
 */
export async function openAtPort<T>(
  port: WantedPort,
  open: (port: number) => Promise<T>,
): Promise<{opened: T; taken?: number}> {
  const any = port.wanted === 0;
  const mayMove = any || !port.fixed;
  for (let tries = 1; ; tries += 1) {
    const first = tries === 1 && !any;
    try {
      const opened = await open(first ? port.wanted : await anyPort());
      return first || any ? {opened} : {opened, taken: port.wanted};
    } catch (error) {
      const isTaken = error instanceof SmError && error.code === 'PORT_TAKEN';
      if (!isTaken) throw error;
      if (!mayMove) throw takenPort(error);
      if (tries === PORT_TRIES) throw error;
    }
  }
}

/** The fault names keys of a configuration, and whoever asked for this port gave a flag. */
function takenPort({message, cause}: SmError): SmError {
  return new SmError('PORT_TAKEN', message, {
    hint: 'leave the flag out, and a free port is taken; or end what listens there (ss -ltnp shows its process)',
    cause,
  });
}
