import {once} from 'node:events';
import {createServer} from 'node:net';
import type {AddressInfo, Server} from 'node:net';
import {afterEach, describe, expect, it} from 'vitest';
import {openAtPort} from '../../src/dev/ports.ts';
import {listenFault} from '../../src/model/listen-fault.ts';

const opened: Server[] = [];

/** Listens, and fails as the store and the daemon do. */
async function listenAt(port: number): Promise<Server> {
  const server = createServer();
  opened.push(server);
  try {
    server.listen({port, host: '127.0.0.1', exclusive: true});
    await once(server, 'listening');
    return server;
  } catch (error) {
    throw listenFault(error, {port, host: '127.0.0.1', hostKey: 'host', portKey: 'port'});
  }
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

afterEach(() => {
  for (const server of opened.splice(0)) server.close();
});

describe('openAtPort', () => {
  it('takes the wanted port where it is free', async () => {
    const before = await listenAt(0);
    const port = portOf(before);
    before.close();
    await once(before, 'close');
    const {opened: server, taken} = await openAtPort({wanted: port, fixed: false}, listenAt);
    expect(portOf(server)).toBe(port);
    expect(taken).toBeUndefined();
  });

  it('takes another one, and says which was taken, also when it is taken only while this opens', async () => {
    const wanted = portOf(await listenAt(0));
    const tried: number[] = [];
    const {opened: server, taken} = await openAtPort({wanted, fixed: false}, async (port) => {
      tried.push(port);
      // Somebody is faster at the second one, too.
      if (tried.length === 2) await listenAt(port);
      return listenAt(port);
    });
    expect(tried).toHaveLength(3);
    expect(portOf(server)).not.toBe(wanted);
    expect(taken).toBe(wanted);
  });

  it('is an error where no other port will do', async () => {
    const wanted = portOf(await listenAt(0));
    await expect(openAtPort({wanted, fixed: true}, listenAt)).rejects.toMatchObject({
      code: 'PORT_TAKEN',
      // Not a key of a configuration: sm dev has none.
      hint: 'leave the flag out, and a free port is taken; or end what listens there (ss -ltnp shows its process)',
    });
  });

  it('0 is any port, and never one that was taken', async () => {
    const {opened: server, taken} = await openAtPort({wanted: 0, fixed: true}, listenAt);
    expect(portOf(server)).toBeGreaterThan(0);
    expect(taken).toBeUndefined();
  });

  it('goes on with no other fault than a taken port, and not for ever', async () => {
    const broken = new Error('no disk');
    await expect(openAtPort({wanted: 0, fixed: false}, () => Promise.reject(broken))).rejects.toBe(
      broken,
    );
    let tries = 0;
    const never = async (port: number): Promise<Server> => {
      tries += 1;
      await listenAt(port);
      return listenAt(port);
    };
    await expect(openAtPort({wanted: 0, fixed: false}, never)).rejects.toMatchObject({
      code: 'PORT_TAKEN',
    });
    expect(tries).toBe(5);
  });
});
