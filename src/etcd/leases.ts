/** Leases: nothing of ours depends on one; push containers do. Ids are 64-bit and stay strings of decimal digits. */
import {SmError} from '../model/errors.ts';
import type {EndpointClient, EtcdOptions} from './connection.ts';
import {EndpointClients} from './endpoint-clients.ts';
import type {EtcdSecrets} from './endpoint-clients.ts';
import {EndpointRotation} from './endpoint-rotation.ts';
import {isTransportFault, isUnconnected, translateError} from './foreign-errors.ts';
import {closeStream} from './wire.ts';
import {ATTEMPT_LIMIT_MS} from './limits.ts';

export interface Leases {
  /** A new lease; its id. @throws SmError STORE_UNAVAILABLE, STORE_AUTH. */
  grant(ttlSeconds: number): Promise<string>;
  /** Renews once; false when there is no such lease any more. @throws SmError STORE_UNAVAILABLE, STORE_AUTH. */
  keepAliveOnce(id: string): Promise<boolean>;
  /** How long it was granted for, seconds; undefined when there is no such lease. @throws SmError STORE_UNAVAILABLE, STORE_AUTH. */
  grantedSeconds(id: string): Promise<number | undefined>;
  /** Ends the lease and deletes what is attached to it; no such lease is as good. @throws SmError STORE_UNAVAILABLE, STORE_AUTH. */
  revoke(id: string): Promise<void>;
  close(): void;
}

const GONE = /requested lease not found/i;

class EtcdLeases implements Leases {
  private readonly clients: EndpointClients;
  private readonly rotation: EndpointRotation;

  constructor(options: EtcdOptions) {
    this.clients = new EndpointClients(options);
    this.rotation = new EndpointRotation(options.endpoints.length);
  }

  grant(ttlSeconds: number): Promise<string> {
    return this.call(async ({lease}) => (await lease.leaseGrant({TTL: String(ttlSeconds)})).ID);
  }

  keepAliveOnce(id: string): Promise<boolean> {
    return this.call((client) => renewed(client, id));
  }

  grantedSeconds(id: string): Promise<number | undefined> {
    return this.call(async ({lease}) => {
      const {TTL: left, grantedTTL} = await lease.leaseTimeToLive({ID: id});
      return Number(left) > 0 ? Number(grantedTTL) : undefined;
    });
  }

  async revoke(id: string): Promise<void> {
    await this.call(async ({lease}) => {
      try {
        await lease.leaseRevoke({ID: id});
      } catch (error) {
        if (!GONE.test(String(error))) throw error;
      }
    });
  }

  /** Other certificates or another password, from the next call on. */
  renew(secrets: EtcdSecrets): void {
    this.clients.renew(secrets);
  }

  close(): void {
    this.clients.close();
  }

  private async call<T>(work: (client: EndpointClient) => Promise<T>): Promise<T> {
    const index = this.rotation.current;
    const client = this.clients.all[index];
    if (client === undefined) throw new SmError('INVALID_INPUT', 'no etcd endpoint is given');
    try {
      return await work(client);
    } catch (error) {
      const fault = translateError(error);
      if (isTransportFault(fault)) this.rotation.failed(index, isUnconnected(fault));
      throw fault;
    }
  }
}

interface KeepAliveStream {
  on(event: 'data', listener: (reply: {TTL: string}) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'end', listener: () => void): unknown;
  write(request: {ID: string}): unknown;
  end(): void;
  cancel(): void;
}

/** etcd renews by a stream only: one question, one answer, closed. A lease that is gone is answered with a TTL of 0. */
async function renewed({lease}: EndpointClient, id: string): Promise<boolean> {
  const stream = (await lease.leaseKeepAlive({
    deadline: Date.now() + ATTEMPT_LIMIT_MS,
  })) as unknown as KeepAliveStream;
  try {
    const ttl = await new Promise<string>((resolve, reject) => {
      stream.on('data', (reply) => resolve(reply.TTL));
      stream.on('error', reject);
      stream.on('end', () => reject(new Error('the keep-alive stream ended without an answer')));
      stream.write({ID: id});
    });
    return Number(ttl) > 0;
  } finally {
    closeStream(stream);
  }
}

/** Connects lazily. */
export function openEtcdLeases(options: EtcdOptions): EtcdLeases {
  return new EtcdLeases(options);
}
