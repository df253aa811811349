/** An etcd v3 API server inside this process: one member, memory only or with a data directory. */
import {getHeapStatistics} from 'node:v8';
import {Server} from '@grpc/grpc-js';
import type {Metadata} from '@grpc/grpc-js';
import type {SmError} from '../model/errors.ts';
import {systemClock} from '../runtime/clock.ts';
import {descriptorShare} from '../runtime/descriptors.ts';
import type {Clock} from '../runtime/clock.ts';
import {gate} from '../runtime/gate.ts';
import {silentLogger} from '../runtime/logger.ts';
import type {Logger} from '../runtime/logger.ts';
import {Answers, countAnswers} from './answers.ts';
import {Authenticator} from './auth.ts';
import type {StoreUser} from './auth.ts';
import {Calls} from './calls.ts';
import {Commits} from './commits.ts';
import {Connections} from './connections.ts';
import {DataDirectory, translated} from './data-directory.ts';
import {etcdWords, wordUnknownMethods} from './grpc-words.ts';
import {Headers} from './header.ts';
import {newIdentity} from './identity.ts';
import type {Identity} from './identity.ts';
import {kvService} from './kv-service.ts';
import type {Services} from './kv-service.ts';
import {LeaseExpiry, leaseService} from './lease-service.ts';
import {listen} from './listening.ts';
import type {Listening} from './listening.ts';
import {DEFAULT_HOST, checkOptions, credentialsOf} from './options.ts';
import type {EmbeddedStoreOptions} from './options.ts';
import {Persistence} from './persistence.ts';
import {StateMachine} from './state-machine.ts';
import {Sweeper} from './sweeper.ts';
import {authService, clusterService, maintenanceService} from './upkeep-services.ts';
import {WatchHub} from './watch-hub.ts';
import {watchService} from './watch-service.ts';
import {wire as loadWire} from './wire.ts';
import type {Wire} from './wire.ts';
import {
  CONNECTIONS_LIMIT,
  CONNECTIONS_SHARE,
  MESSAGE_LIMIT_BYTES,
  QUOTA_DEFAULT_BYTES,
  STREAMS_LIMIT,
} from './limits.ts';

export {MADE_USER} from './made-password.ts';
export type {EmbeddedStoreOptions, StoreTls} from './options.ts';

export interface EmbeddedStore {
  /** host:port */
  readonly endpoint: string;
  /** Another one means another store. Kept in the data directory; in memory new at every start. Decimal. */
  readonly clusterId: string;
  /** The one user, as given or made; undefined: nobody is asked. */
  readonly user: StoreUser | undefined;
  /** Resolves when another process has taken the data directory over: this store is closed then, and answers nothing more. */
  readonly lost: Promise<SmError>;
  /** What there is, counted. */
  figures(): StoreFigures;
  /** Ends all calls and streams; what was acknowledged is on disk. May be called twice. */
  close(): Promise<void>;
}

/** For metrics. */
export interface StoreFigures {
  /** Of keys, values and history. */
  readonly bytes: number;
  readonly quotaBytes: number;
  /** Of the open file of the log; 0 in memory. */
  readonly logBytes: number;
  /** It takes no writes, because it is out of space. */
  readonly outOfSpace: boolean;
  /** Connections, now. */
  readonly connections: number;
  /** Most connections at once. */
  readonly connectionsLimit: number;
  /** Connections that were refused since the start. */
  readonly connectionsRefused: number;
}

/** Resolves when it listens. @throws SmError INVALID_CONFIG, CONFLICT (directory in use), STORE_CORRUPT, PORT_TAKEN */
export async function startEmbeddedStore(
  options: EmbeddedStoreOptions = {},
): Promise<EmbeddedStore> {
  checkOptions(options);
  const credentials = credentialsOf(options.tls);
  const {host = DEFAULT_HOST, port = 0, clock = systemClock(), logger = silentLogger} = options;
  const wire = loadWire();
  const taken = gate<SmError>();
  const state = await openState(options, {wire, clock, logger, onLost: taken.resolve});
  const {machine, identity, assertLock, user} = state;
  const authenticator = new Authenticator(user, () => clock.nowMs(), options.tokenTtlMs);
  const connections = new Connections(connectionsLimit(options), () => clock.nowMs(), logger);
  const admit = (metadata: Metadata, peer: string): void => {
    authenticator.check(metadata);
    connections.called(peer);
  };
  const services: Services = {
    ...state,
    headers: new Headers(identity, machine),
    calls: new Calls(assertLock, admit, logger),
  };
  const scheme = options.tls === undefined ? 'http' : 'https';
  let listening: Listening | undefined;
  const parts = {wire, clock, logger, authenticator, identity, assertLock};
  const server = serverOf(services, parts, () => `${scheme}://${listening?.endpoint ?? ''}`);
  try {
    listening = await listen(server, connections, {host, port, credentials});
  } catch (error) {
    await state.close();
    throw error;
  }
  if (state.passwordFile !== undefined) options.onPassword?.(state.passwordFile);
  const expiry = new LeaseExpiry(services, wire, clock, logger);
  expiry.start();
  const {endpoint, close: stopListening} = listening;
  const close = async (): Promise<void> => {
    expiry.stop();
    stopListening();
    server.forceShutdown();
    await state.close();
  };
  let closing: Promise<void> | undefined;
  const closeOnce = (): Promise<void> => (closing ??= close());
  const lost = taken.promise.then(async (error) => {
    logger.error({error: error.message}, 'the embedded store stops');
    await closeOnce();
    return error;
  });
  const {clusterId} = identity;
  const figures = (): StoreFigures => ({...state.figures(), ...connections.figures()});
  return {endpoint, clusterId, user, lost, figures, close: closeOnce};
}

type StateFigures = Omit<StoreFigures, keyof ReturnType<Connections['figures']>>;

interface State extends Pick<Services, 'machine' | 'commits' | 'sweeper'> {
  readonly identity: Identity;
  readonly user: StoreUser | undefined;
  /** Of a password that the store made. */
  readonly passwordFile: string | undefined;
  /** @throws SmError CONFLICT when the data directory is another process's now */
  assertLock(): void;
  figures(): StateFigures;
  close(): Promise<void>;
}

interface StateParts {
  readonly wire: Wire;
  readonly clock: Clock;
  readonly logger: Logger;
  onLost(error: SmError): void;
}

/** The store without its server: new, or as its directory has it. */
async function openState(options: EmbeddedStoreOptions, parts: StateParts): Promise<State> {
  const {wire, clock, logger, onLost} = parts;
  const {dataDir, onSync} = options;
  const syncs = onSync === undefined ? {} : {onSync};
  const directory =
    dataDir === undefined ? undefined : await openDirectory(dataDir, options, {clock, onLost});
  try {
    const machine = new StateMachine(() => clock.nowMs());
    const sweeper = new Sweeper(machine.keys);
    const journal =
      directory === undefined
        ? undefined
        : await translated(
            directory.path,
            () => new Persistence({directory, machine, sweeper, wire, logger, ...syncs}),
          );
    const identity = directory?.identity ?? newIdentity();
    const {memberId} = identity;
    const quotaBytes = quotaOf(options);
    const commits = new Commits({machine, journal, quotaBytes, memberId});
    const close = async (): Promise<void> => {
      await commits.close();
      await journal?.close();
      directory?.close();
    };
    const assertLock = (): void => directory?.lock.assertHeld();
    const figures = (): StateFigures => ({
      ...{bytes: machine.keys.bytes, quotaBytes, outOfSpace: commits.outOfSpace},
      logBytes: journal?.bytes ?? 0,
    });
    const passwordFile = directory?.user === undefined ? undefined : directory.passwordFile;
    const user = options.user ?? directory?.user;
    const own = {user, passwordFile};
    return {machine, sweeper, commits, identity, ...own, assertLock, figures, close};
  } catch (error) {
    directory?.close();
    throw error;
  }
}

/** A user that is given goes before one that is made. */
function openDirectory(
  path: string,
  {user, auth = 'none', filePermissions = 'strict'}: EmbeddedStoreOptions,
  parts: Pick<StateParts, 'clock' | 'onLost'>,
): Promise<DataDirectory> {
  const asked = user === undefined ? auth : 'none';
  return DataDirectory.open(path, {...parts, auth: asked, filePermissions});
}

interface ServerParts extends Omit<StateParts, 'onLost'>, Pick<State, 'identity' | 'assertLock'> {
  readonly authenticator: Authenticator;
}

function serverOf(services: Services, parts: ServerParts, url: () => string): Server {
  const {wire, clock, logger, authenticator, identity} = parts;
  const hub = new WatchHub();
  services.machine.listener = (events) => hub.publish(events);
  const server = new Server({
    'grpc.max_receive_message_length': MESSAGE_LIMIT_BYTES,
    'grpc.max_send_message_length': -1,
    'grpc.max_concurrent_streams': STREAMS_LIMIT,
    interceptors: [etcdWords, countAnswers(new Answers(() => clock.nowMs()))],
  });
  wordUnknownMethods(server);
  server.addService(wire.services.KV, kvService(services));
  server.addService(wire.services.Lease, leaseService(services, wire));
  server.addService(wire.services.Watch, watchService(services, hub, clock));
  server.addService(wire.services.Maintenance, maintenanceService(services, identity));
  server.addService(wire.services.Cluster, clusterService(services, identity, url));
  const open = new Calls(parts.assertLock, () => undefined, logger);
  server.addService(wire.services.Auth, authService(services, open, authenticator));
  return server;
}

/** The heap holds everything: a store that may outgrow it would end the process instead of refusing writes. */
function quotaOf({quotaBytes}: EmbeddedStoreOptions): number {
  return quotaBytes ?? Math.min(QUOTA_DEFAULT_BYTES, getHeapStatistics().heap_size_limit / 2);
}

function connectionsLimit({connectionsLimit: given}: EmbeddedStoreOptions): number {
  return given ?? Math.min(CONNECTIONS_LIMIT, descriptorShare(CONNECTIONS_SHARE));
}
