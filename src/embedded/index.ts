/** An etcd v3 API server inside this process: one member, memory only or with a data directory. */
import {getHeapStatistics} from 'node:v8';
import {Server} from '@grpc/grpc-js';
import {SmError} from '../model/errors.ts';
import {systemClock} from '../runtime/clock.ts';
import {silentLogger} from '../runtime/logger.ts';
import {Authenticator} from './auth.ts';
import {Calls} from './calls.ts';
import {Commits} from './commits.ts';
import {Headers} from './header.ts';
import {newIdentity} from './identity.ts';
import type {Identity} from './identity.ts';
import {kvService} from './kv-service.ts';
import type {Services} from './kv-service.ts';
import {LeaseExpiry, leaseService} from './lease-service.ts';
import {DEFAULT_HOST, checkOptions, credentialsOf} from './options.ts';
import type {EmbeddedStoreOptions} from './options.ts';
import {StateMachine} from './state-machine.ts';
import {Sweeper} from './sweeper.ts';
import {authService, clusterService, maintenanceService} from './upkeep-services.ts';
import {WatchHub} from './watch-hub.ts';
import {watchService} from './watch-service.ts';
import {wire as loadWire} from './wire.ts';

export type {EmbeddedStoreOptions, StoreTls} from './options.ts';

export interface EmbeddedStore {
  /** host:port */
  readonly endpoint: string;
  /** Another one means another store. Kept in the data directory; in memory new at every start. Decimal. */
  readonly clusterId: string;
  /** Ends all calls and streams; what was acknowledged is on disk. May be called twice. */
  close(): Promise<void>;
}

const DEFAULT_QUOTA_BYTES = 2 * 1024 ** 3;
/** etcd's: its limit of a request and half a MiB for what surrounds it. */
const MESSAGE_LIMIT_BYTES = 2 * 1024 * 1024;

/** Resolves when it listens. @throws SmError INVALID_CONFIG, PORT_TAKEN and what the data directory's state forbids */
export async function startEmbeddedStore(
  options: EmbeddedStoreOptions = {},
): Promise<EmbeddedStore> {
  checkOptions(options);
  const {clock = systemClock(), logger = silentLogger, host = DEFAULT_HOST} = options;
  const credentials = credentialsOf(options.tls);
  const wire = loadWire();
  const machine = new StateMachine(() => clock.nowMs());
  const identity: Identity = newIdentity();
  const commits = new Commits({
    machine,
    journal: undefined,
    quotaBytes: quotaOf(options),
    memberId: identity.memberId,
  });
  const authenticator = new Authenticator(options.user, () => clock.nowMs());
  const services: Services = {
    machine,
    commits,
    headers: new Headers(identity, machine),
    calls: new Calls((metadata) => authenticator.check(metadata), logger),
    sweeper: new Sweeper(machine.keys),
  };
  const hub = new WatchHub();
  machine.listener = (events) => hub.publish(events);
  let endpoint = '';
  const url = (): string => `${options.tls === undefined ? 'http' : 'https'}://${endpoint}`;
  const server = new Server({
    'grpc.max_receive_message_length': MESSAGE_LIMIT_BYTES,
    'grpc.max_send_message_length': -1,
  });
  server.addService(wire.services.KV, kvService(services));
  server.addService(wire.services.Lease, leaseService(services, wire));
  server.addService(wire.services.Watch, watchService(services, hub, clock));
  server.addService(wire.services.Maintenance, maintenanceService(services, identity));
  server.addService(wire.services.Cluster, clusterService(services, identity, url));
  const open = new Calls(() => undefined, logger);
  server.addService(wire.services.Auth, authService(services, open, authenticator));
  const expiry = new LeaseExpiry(services, wire, clock, logger);
  const port = await listen(server, host, options.port ?? 0, credentials);
  endpoint = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  expiry.start();
  const close = async (): Promise<void> => {
    expiry.stop();
    server.forceShutdown();
    await commits.close();
  };
  let closing: Promise<void> | undefined;
  return {endpoint, clusterId: identity.clusterId, close: () => (closing ??= close())};
}

/** The heap holds everything: a store that may outgrow it would end the process instead of refusing writes. */
function quotaOf({quotaBytes}: EmbeddedStoreOptions): number {
  return quotaBytes ?? Math.min(DEFAULT_QUOTA_BYTES, getHeapStatistics().heap_size_limit / 2);
}

function listen(
  server: Server,
  host: string,
  port: number,
  credentials: Parameters<Server['bindAsync']>[1],
): Promise<number> {
  const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  return new Promise((resolve, reject) => {
    server.bindAsync(address, credentials, (error, bound) => {
      if (error === null) resolve(bound);
      else
        reject(
          new SmError('PORT_TAKEN', `the embedded store cannot listen on ${address}`, {
            hint: 'stop what listens there, or give another port',
            cause: error,
          }),
        );
    });
  });
}
