import type {ServerDuplexStream, UntypedServiceImplementation} from '@grpc/grpc-js';
import type {Clock, Timer} from '../runtime/clock.ts';
import type {Logger} from '../runtime/logger.ts';
import {randomPositive} from './identity.ts';
import {bytesOf} from './key-range.ts';
import {commit} from './kv-service.ts';
import type {Services} from './kv-service.ts';
import {Malformed} from './request-bytes.ts';
import type {LeaseGrantRequest, LeaseRequest} from './requests.ts';
import type {Received, Wire} from './wire.ts';
import {LEASES_REVOKED_PER_TICK, LEASE_TICK_MS, REVOKE_RETRY_MS} from './limits.ts';

/** Reply for a lease that does not exist. */
const NO_TTL = -1;

export function leaseService(services: Services, wire: Wire): UntypedServiceImplementation {
  const {machine, headers, calls} = services;
  const {leases} = machine;
  return {
    LeaseGrant: calls.unary(({request, bytes}: Received<LeaseGrantRequest>) => {
      if ((request.ID ?? '0') !== '0') return commit(services, {kind: 'grant', request}, bytes);
      const chosen = {...request, ID: freeId(services)};
      return commit(services, {kind: 'grant', request: chosen}, wire.encode('grant', chosen));
    }),
    LeaseRevoke: calls.unary(({request, bytes}: Received<LeaseRequest>) =>
      commit(services, {kind: 'revoke', request}, bytes),
    ),
    LeaseKeepAlive: (call: ServerDuplexStream<LeaseRequest, object>) => keepAlive(services, call),
    LeaseTimeToLive: calls.unary(({ID: id = '0', keys}: LeaseRequest) => {
      const lease = leases.find(id);
      if (lease === undefined) return {header: headers.at(), ID: id, TTL: NO_TTL};
      return {
        header: headers.at(),
        ID: id,
        TTL: Math.trunc(lease.remainingMs / 1_000),
        grantedTTL: lease.ttlSeconds,
        keys: keys === true ? lease.keys.map(bytesOf) : [],
      };
    }),
    LeaseLeases: calls.unary(() => ({
      header: headers.at(),
      leases: leases.list().map(({id}) => ({ID: id})),
    })),
  };
}

function freeId({machine}: Services): string {
  for (;;) {
    const id = randomPositive();
    if (!machine.leases.has(id)) return id;
  }
}

function keepAlive(
  {machine, headers, calls}: Services,
  call: ServerDuplexStream<LeaseRequest, object>,
): void {
  const refused = calls.refusal(call);
  if (refused !== undefined) {
    call.emit('error', refused);
    return;
  }
  call.on('data', (request: LeaseRequest | Malformed) => {
    if (request instanceof Malformed) {
      call.emit('error', calls.statusOf(request.failure));
      return;
    }
    const stopped = calls.stopped();
    if (stopped !== undefined) {
      call.emit('error', stopped);
      return;
    }
    const {ID: id = '0'} = request;
    // Who does not read replies is not read from: nothing piles up here.
    if (!call.write({header: headers.at(), ID: id, TTL: machine.leases.renew(id)})) call.pause();
  });
  call.on('drain', () => call.resume());
  call.on('end', () => call.end());
  call.on('error', () => undefined);
}

/** Revokes leases whose time is over. */
export class LeaseExpiry {
  private readonly services: Services;
  private readonly wire: Wire;
  private readonly clock: Clock;
  private readonly logger: Logger;
  private timer: Timer | undefined;

  constructor(services: Services, wire: Wire, clock: Clock, logger: Logger) {
    this.services = services;
    this.wire = wire;
    this.clock = clock;
    this.logger = logger;
  }

  start(): void {
    this.timer = this.clock.after(LEASE_TICK_MS, () => {
      for (const id of this.services.machine.leases.takeExpired(LEASES_REVOKED_PER_TICK))
        void this.revoke(id);
      this.start();
    });
  }

  stop(): void {
    this.timer?.cancel();
  }

  private async revoke(id: string): Promise<void> {
    const request = {ID: id};
    try {
      const bytes = this.wire.encode('revoke', request);
      await commit(this.services, {kind: 'revoke', request}, bytes);
    } catch (error) {
      // Revoked by its owner meanwhile, or the log takes nothing now.
      this.services.machine.leases.postpone(id, REVOKE_RETRY_MS);
      this.logger.debug({lease: id, error: String(error)}, 'an expired lease was not revoked');
    }
  }
}
