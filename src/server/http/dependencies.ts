/** What the HTTP side needs from the daemon. */
import type {HiddenText} from '../../model/hidden-text.ts';
import type {Logger} from '../../runtime/log-port.ts';
import type {Server as TlsServer} from 'node:tls';
import type {FastifyInstance} from 'fastify';
import type {ClientLine} from '../../config/client-line.ts';
import type {AppScope} from '../../model/access.ts';
import type {
  AdminAnswer,
  AdminOperation,
  AdminRequest,
  LiveMessage,
  MoveEvent,
  StreamOperation,
  StreamedEvent,
} from '../../protocol/admin.ts';

/** Who calls, and until when it listens. */
export interface Caller {
  /** Address of the peer. */
  readonly address: string;
  readonly requestId: string;
  /** Name of its token; `local` where none is asked for. */
  readonly who: string;
  /** Apps that it may see; lists are cut to them. */
  readonly apps: AppScope;
  /** Aborted when the caller hangs up, its token is revoked, or the server closes. */
  readonly signal: AbortSignal;
}

/** Operations that answer one JSON object. `health` needs no service. */
export type AnsweringOperation = Exclude<AdminOperation, StreamOperation | 'health'>;

/** One function per operation of the admin API. Rejects with SmError for operational failures. */
export type AdminHandlers = {
  readonly [O in AnsweringOperation]: (
    request: AdminRequest<O>,
    caller: Caller,
  ) => Promise<AdminAnswer<O>>;
} & {
  /** What comes together comes together. Ends when the caller's signal is aborted. */
  readonly movesStream: (
    request: AdminRequest<'movesStream'>,
    caller: Caller,
  ) => AsyncIterable<readonly MoveEvent[]>;
  /** The same; goes on behind `lastEventId` where it can. */
  readonly liveStream: (
    request: AdminRequest<'liveStream'>,
    lastEventId: string,
    caller: Caller,
  ) => AsyncIterable<LiveMessage>;
  readonly eventsStream: (
    request: AdminRequest<'eventsStream'>,
    caller: Caller,
  ) => AsyncIterable<readonly StreamedEvent[]>;
};

/** How often one caller was refused for one reason. */
export interface RefusedCount {
  /** Name of the token, `local` where it had none that is valid. */
  readonly who: string;
  /** Address. */
  readonly from: string;
  /** Code of the error. */
  readonly code: string;
  readonly count: number;
}

export type HttpLogger = Pick<Logger, 'info' | 'warn' | 'error'>;

/** Has the shape of prom-client's Registry. */
export interface MetricsSource {
  readonly contentType: string;
  metrics(): Promise<string>;
}

export interface HttpDependencies {
  readonly admin: AdminHandlers;
  /** Checked at each /readyz. `reason` is '' when ready. */
  readonly readiness: () => {readonly ready: boolean; readonly reason: string};
  readonly metrics: MetricsSource;
  readonly logger: HttpLogger;
  /** Lines of the token file now (a reload may change them), or 'none' when no auth is wanted. */
  readonly tokens: 'none' | (() => readonly (string | HiddenText)[]);
  /** Calls back when the tokens have changed: calls under way of those that are revoked end. */
  readonly onTokensChanged?: (changed: () => void) => void;
  /** What names of client certificates may do, as of now; absent: no certificate is asked for. Belongs with `tls.ca`. */
  readonly clients?: () => readonly ClientLine[];
  /** Gets what was refused, counted, once a minute at most. */
  readonly refused?: (counts: readonly RefusedCount[]) => void;
  /** A connection was closed at once: there are as many as are taken. */
  readonly connectionRefused?: () => void;
  /** Host names (no port) a Host header may hold, or 'any' when the daemon is not bound to loopback. */
  readonly allowedHosts: 'any' | readonly string[];
  /** Program version, for the OpenAPI document. */
  readonly version: string;
  /** `ca`: authority of client certificates, which are then asked for. */
  readonly tls?:
    | {readonly cert: Buffer; readonly key: HiddenText; readonly ca?: Buffer}
    | undefined;
  /** A server with these certificates was made: whoever renews them has to tell it. */
  readonly onTlsServer?: (server: TlsServer) => void;
  /** Closing waits for answers that are under way, for so long at most, ms. Default 5000. */
  readonly closeLimitMs?: number;
  /** Adds further routes, such as the hint receiver's, under the same limits and the same auth. */
  readonly mount?: (server: FastifyInstance) => void;
}
