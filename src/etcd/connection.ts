/** The only place that makes etcd clients: every trap of the client package is handled here or in watch.ts. */
import {InterceptingCall, Metadata} from '@grpc/grpc-js';
import type {CallOptions, Interceptor} from '@grpc/grpc-js';
import {Etcd3, WatchClient} from 'etcd3';
import type {AuthClient, IOptions, KVClient, LeaseClient, MaintenanceClient} from 'etcd3';
import type {ErrorCode} from '../model/errors.ts';
import {
  ATTEMPT_LIMIT_MS,
  KEEPALIVE_ANSWER_MS,
  KEEPALIVE_MS,
  LOGIN_KEPT_MS,
  LOGIN_TRIES,
  RECONNECT_MAX_MS,
  RECONNECT_MIN_MS,
  REFUSED_LOGIN_MS,
} from './limits.ts';
import {ConnectionResets} from './connection-resets.ts';
import type {PackageHost} from './connection-resets.ts';
import {hasConnected} from './connecting.ts';
import type {Channel} from './connecting.ts';
import {isAnswer, translateError} from './foreign-errors.ts';
import {localLogin} from './local-login.ts';
import {HIDDEN, hidden} from '../model/hidden-text.ts';
import type {HiddenText} from '../model/hidden-text.ts';
import {PatientLogin, authenticated} from './patient-login.ts';
import type {AuthService} from './patient-login.ts';
import {refusePlainPassword} from './plain-password.ts';

/** One call that has ended, for metrics. */
export interface StoreCall {
  readonly operation: 'read' | 'write';
  readonly ms: number;
  /** Code of the error that it ended with; '' when it was answered. */
  readonly code: ErrorCode | '';
}

export interface EtcdOptions {
  /** `host:port` or URLs; https when `tls` is given. */
  readonly endpoints: readonly string[];
  readonly username?: string;
  readonly password?: string | HiddenText;
  /** The password may go to another machine without TLS. Default false. */
  readonly plainPassword?: boolean;
  /** PEM. */
  readonly tls?: {
    readonly ca?: Buffer;
    readonly cert?: Buffer;
    readonly key?: Buffer | HiddenText;
  };
  /** A key that the user may read, whether it is there or not: what only asks for the revision reads it. Default: one that needs the role root. */
  readonly statusKey?: string;
  /** Limit of one attempt, ms. Default 2000. */
  readonly timeoutMs?: number;
  /** Size from which it takes no writes, bytes. Default: as its metrics say. */
  readonly quotaBytes?: number;
  /** Each call to etcd but watches and leases, once it has ended. */
  readonly onCall?: (call: StoreCall) => void;
  /** Opens the clients of one endpoint in another way than over gRPC. */
  readonly open?: (endpoint: string) => EndpointClient;
}

/** gRPC clients of one endpoint. */
export interface EndpointClient {
  readonly endpoint: string;
  readonly kv: KVClient;
  readonly watch: WatchClient;
  readonly maintenance: MaintenanceClient;
  readonly lease: LeaseClient;
  readonly auth: AuthClient;
  /** A login was offered, and etcd wants none. */
  readonly isLoginUnused?: boolean;
  /** Opens its connection. False when it is still being opened after so long; true when it is open, or refused, which a call finds out at once. */
  connects?(service: 'KV' | 'Watch', limitMs: number): Promise<boolean>;
  close(): void;
}

/** Passes calls through: the package's own retries would repeat writes, its breaker turns one slow call into an outage. */
const passThrough = {
  _altBrand: undefined as never,
  onSuccess: () => ({dispose: () => undefined}),
  onFailure: () => ({dispose: () => undefined}),
  execute: async <T>(call: (context: never) => PromiseLike<T> | T): Promise<T> =>
    call(undefined as never),
} as unknown as NonNullable<NonNullable<IOptions['faultHandling']>['global']>;

const GRPC_OPTIONS = {
  'grpc.keepalive_time_ms': KEEPALIVE_MS,
  'grpc.keepalive_timeout_ms': KEEPALIVE_ANSWER_MS,
  // Without a call under way etcd counts pings as abuse and closes the connection; a ping that waited goes out with the next call.
  'grpc.keepalive_permit_without_calls': 0,
  'grpc.initial_reconnect_backoff_ms': RECONNECT_MIN_MS,
  'grpc.max_reconnect_backoff_ms': RECONNECT_MAX_MS,
  'grpc.max_receive_message_length': -1,
  'grpc.max_send_message_length': -1,
  // Else two clients share a connection and heartbeats wait behind bulk writes.
  'grpc.use_local_subchannel_pool': 1,
  // A proxy of the environment is meant for the web: etcd is asked straight.
  'grpc.enable_http_proxy': 0,
};

/** Opens the clients of one endpoint; connects lazily. */
export function openEndpoint(endpoint: string, options: EtcdOptions): EndpointClient {
  if (options.open !== undefined) return options.open(endpoint);
  refusePlainPassword({...options, endpoints: [endpoint]});
  const limitMs = options.timeoutMs ?? ATTEMPT_LIMIT_MS;
  const resets = new ConnectionResets();
  const heard = (): void => resets.heard();
  const client = new Etcd3(clientOptions(endpoint, options, limitMs, heard));
  const pool = poolOf(client);
  const [host] = pool.hosts;
  // Without one a login would never settle, and with it each call that waits for the token.
  if (host === undefined) throw new Error('a client of etcd without an endpoint');
  resets.guard(host);
  hearAnswers(pool, heard);
  let password = hidden(options.password ?? '');
  const login = logInDirectly(pool.authenticator, host, limitMs, () => password.reveal());
  renewOldLogins(pool, login);
  if (options.username === undefined)
    logInLocally(pool.authenticator, endpoint, (found) => (password = found));
  return new OpenedEndpoint(endpoint, client, host, login);
}

function poolOf(client: Etcd3): Pool {
  return (client as unknown as {pool: Pool}).pool;
}

/** Whoever prints it does not print the client of the package, which has keys and tokens as text. */
class OpenedEndpoint implements EndpointClient {
  readonly endpoint: string;
  readonly #client: Etcd3;
  readonly #host: Host;
  readonly #watch: WatchClient;
  readonly #login: LoginState;

  constructor(endpoint: string, client: Etcd3, host: Host, login: LoginState) {
    this.endpoint = endpoint;
    this.#client = client;
    this.#host = host;
    this.#watch = new WatchClient(poolOf(client));
    this.#login = login;
  }

  get isLoginUnused(): boolean {
    return this.#login.isLoginUnused;
  }

  connects(service: 'KV' | 'Watch', limitMs: number): Promise<boolean> {
    return hasConnected(() => this.#host.getServiceClient(service).getChannel(), limitMs);
  }

  get kv(): KVClient {
    return this.#client.kv;
  }

  get watch(): WatchClient {
    return this.#watch;
  }

  get maintenance(): MaintenanceClient {
    return this.#client.maintenance;
  }

  get lease(): LeaseClient {
    return this.#client.leaseClient;
  }

  get auth(): AuthClient {
    return this.#client.auth;
  }

  /** May be called alone. */
  readonly close = (): void => this.#client.close();
}

type Call = ConstructorParameters<typeof WatchClient>[0]['exec'];

type Pool = ConstructorParameters<typeof WatchClient>[0] & {
  exec: Call;
  readonly authenticator: Authenticator;
  readonly hosts: readonly Host[];
};

type Host = PackageHost & {
  getServiceClient(name: 'Auth'): AuthService;
  getServiceClient(name: 'KV' | 'Watch'): {getChannel(): Channel};
};

/** The package's own, which it keeps private: it asks for a token with `options.auth`, and keeps it until the token is refused. */
interface Authenticator {
  options: IOptions;
  awaitingMetadata: Promise<Metadata> | null;
  getMetadata(): Promise<Metadata>;
  invalidateMetadata(): void;
  getCredentialsFromHost(address: string, name: string, password: string): Promise<string>;
}

/** What is known of the login of one endpoint. */
interface LoginState {
  /** One was offered, and etcd wants none: its users are turned off, or not yet turned on. */
  isLoginUnused: boolean;
}

/**
 * The package logs in by a connection of its own that has none of our options: it would go through a proxy of the environment. Besides, so it never
 * gets the password. Where users are turned off nobody is refused for a login: else `etcdctl auth enable` and `auth disable` would stop whoever runs.
 */
function logInDirectly(
  authenticator: Authenticator,
  host: Host,
  limitMs: number,
  password: () => string,
): LoginState {
  const state: LoginState = {isLoginUnused: false};
  const patient = new PatientLogin(limitMs, password, async (name, text) => {
    try {
      const token = await authenticated(host.getServiceClient('Auth'), name, text);
      state.isLoginUnused = false;
      return token;
    } catch (error) {
      state.isLoginUnused = WANTS_NO_LOGIN.test(String(error));
      throw error;
    }
  });
  authenticator.getCredentialsFromHost = (_address, name) => patient.token(name);
  const login = authenticator.getMetadata.bind(authenticator);
  authenticator.getMetadata = () =>
    login().catch((error: unknown) => {
      if (!WANTS_NO_LOGIN.test(String(error))) throw error;
      // Kept like a token: it is asked again once etcd wants a user.
      return (authenticator.awaitingMetadata ??= Promise.resolve(new Metadata()));
    });
  return state;
}

const WANTS_NO_LOGIN = /authentication is not enabled/i;

function hearAnswers(pool: Pool, heard: () => void): void {
  const exec: Call = pool.exec.bind(pool);
  pool.exec = (service, method, payload, options) =>
    answerHeard(exec(service, method, payload, options), heard);
}

/** A refusal of etcd is an answer, too. */
function answerHeard<T>(answered: Promise<T>, heard: () => void): Promise<T> {
  answered.then(heard, (error: unknown) => {
    if (isAnswer(translateError(error))) heard();
  });
  return answered;
}

/**
 * A change of users or roles ends signed tokens (JWT), and calls that are under way with tokens of the other kind. etcd says so in a word of its own,
 * on which the package does not log in again. It has done nothing then, so the same call may be made again, a write too.
 * An etcd that was restored says nothing: a token of before holds an index of its log that it may never reach again, and each call with it waits for that.
 * So a call without an answer ends the login, for the calls after it. A slow etcd must not be asked for many logins: each costs it far more than a read, as it
 * compares a hash that is slow on purpose.
 */
function renewOldLogins(pool: Pool, login: LoginState): void {
  const {authenticator} = pool;
  let endedMs = Number.NEGATIVE_INFINITY;
  const exec: Call = pool.exec.bind(pool);
  pool.exec = async (service, method, payload, options) => {
    for (let tries = 1; ; tries += 1) {
      const used = authenticator.awaitingMetadata;
      try {
        return await exec(service, method, payload, options);
      } catch (error) {
        const isOld =
          OLD_LOGIN.test(String(error)) || (login.isLoginUnused && WANTS_LOGIN.test(String(error)));
        const nowMs = performance.now();
        const isLost = !isAnswer(translateError(error)) && nowMs - endedMs >= LOGIN_KEPT_MS;
        // Another call may have logged in meanwhile.
        if ((isOld || isLost) && authenticator.awaitingMetadata === used) {
          authenticator.invalidateMetadata();
          endedMs = nowMs;
        }
        if (tries >= LOGIN_TRIES || !isOld) throw error;
      }
    }
  };
}

const OLD_LOGIN = /revision of auth store is old/i;

/** Said to a call without a token. */
const WANTS_LOGIN = /user name is empty/i;

/**
 * Without a user of its own a client of this machine takes the password that an embedded store left for it, whenever it has to log in: the store
 * may be started, and get another password, later. A note that is left over, while an etcd listens there now, changes nothing.
 */
function logInLocally(
  authenticator: Authenticator,
  endpoint: string,
  usePassword: (found: HiddenText) => void,
): void {
  const login = authenticator.getMetadata.bind(authenticator);
  const given = authenticator.options;
  let refusedUntilMs = 0;
  authenticator.getMetadata = () => {
    if (authenticator.awaitingMetadata !== null) return login();
    const isRefused = performance.now() < refusedUntilMs;
    const found = isRefused ? undefined : localLogin(endpoint);
    if (found === undefined) return Promise.resolve(new Metadata());
    usePassword(found.password);
    authenticator.options = {...given, auth: {username: found.username, password: HIDDEN}};
    return login().catch((error: unknown) => {
      if (!REFUSED_LOGIN.test(String(error))) throw error;
      refusedUntilMs = performance.now() + REFUSED_LOGIN_MS;
      return new Metadata();
    });
  };
}

const REFUSED_LOGIN =
  /authentication is not enabled|authentication failed|invalid user ID or password/i;

function clientOptions(
  endpoint: string,
  options: EtcdOptions,
  limitMs: number,
  heard: () => void,
): IOptions {
  const {username, password, tls} = options;
  const bare = endpoint.replace(/^https?:\/\//, '');
  const listening = hearing(heard);
  return {
    hosts: `${tls === undefined && !endpoint.startsWith('https:') ? 'http' : 'https'}://${bare}`,
    faultHandling: {global: passThrough, host: () => passThrough},
    grpcOptions: GRPC_OPTIONS,
    defaultCallOptions: ({service, isStream}) =>
      isStream ? streamOptions(service, listening) : {deadline: Date.now() + limitMs},
    ...(username === undefined || password === undefined
      ? {}
      : {auth: {username, password: HIDDEN}}),
    ...credentialsOf(tls),
  };
}

/**
 * A watch ends when its member of etcd has lost sight of the leader: without this word a member that is cut off from the others keeps the
 * stream open and is silent for ever. The client package has no option for it; gRPC's own interceptors are one of a call.
 */
const requireLeader: Interceptor = (options, nextCall) =>
  new InterceptingCall(nextCall(options), {
    start: (metadata, listener, next) => {
      // The package shares one metadata object among all calls.
      const own = metadata.clone();
      own.set('hasleader', 'true');
      next(own, listener);
    },
  });

/** Says of each message of a stream that it has come. */
function hearing(heard: () => void): Interceptor {
  return (options, nextCall) =>
    new InterceptingCall(nextCall(options), {
      start: (metadata, _listener, next) =>
        next(metadata, {
          onReceiveMessage: (message: unknown, pass: (message: unknown) => void) => {
            heard();
            pass(message);
          },
        }),
    });
}

/** Lease streams go without a leader: a lease is renewed by whoever answers. */
function streamOptions(service: string, listening: Interceptor): CallOptions {
  return {interceptors: service === 'Watch' ? [listening, requireLeader] : [listening]};
}

/** Without an authority of its own a client trusts those that Node knows, and shows its certificate all the same. */
function credentialsOf(tls: EtcdOptions['tls']): Pick<IOptions, 'credentials'> {
  const {ca, cert, key} = tls ?? {};
  const isShown = cert !== undefined && key !== undefined;
  if (ca === undefined && !isShown) return {};
  const shown = isShown
    ? {certChain: cert, privateKey: Buffer.isBuffer(key) ? key : Buffer.from(key.reveal())}
    : {};
  // The package asks for an authority by its type; gRPC does without one.
  return {credentials: {rootCertificate: ca as Buffer, ...shown}};
}

/** The key that a question for the revision reads; etcd checks the permission for it like any other. */
export function statusKeyOf({statusKey}: EtcdOptions): Buffer {
  return Buffer.from(statusKey ?? '\0');
}
