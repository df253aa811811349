/** The typed client of the admin API, on Node's http alone: it starts in milliseconds. */
import {setTimeout} from 'node:timers/promises';
import {readFileSync} from 'node:fs';
import type {IncomingMessage} from 'node:http';
import {SmError} from '../model/errors.ts';
import {routeRows} from '../protocol/admin-routes.ts';
import type {
  AdminAnswer,
  AdminInput,
  AdminOperation,
  LiveMessage,
  MoveEvent,
  StreamOperation,
  StreamedEvent,
} from '../protocol/admin.ts';
import {RemoteError, remoteFailure} from './remote-error.ts';
import {readEvents} from './server-sent-events.ts';
import {hasShapeOf} from './answer-shape.ts';
import {
  ACCEPT_RESTORE_LIMIT_MS,
  ANSWER_LIMIT_BYTES,
  CALL_LIMIT_MS,
  LIMITED_WAITS,
  LIMITED_WAIT_MAX_S,
  SILENCE_LIMIT_MS,
} from './limits.ts';
import {
  NEVER_SENT,
  isAway,
  mayAskAnother,
  nameOf,
  refusePlainToken,
  serverUrls,
  urlOf,
} from './servers.ts';
import {openTransport} from './transport.ts';
import type {Transport, TransportOptions} from './transport.ts';

/** Where the daemons are, and who asks. */
export interface AdminClientOptions extends TransportOptions {
  /** `http://host:port` or `https://host:port`, with a path where a proxy serves it below one; several in a list or with commas between. */
  readonly server: string | readonly string[];
  /** Limit of one call from its beginning to the end of the answer, ms; of a stream until its answer begins. Default 30000; 90000 for acceptRestore. */
  readonly timeoutMs?: number;
  /** A stream that says nothing for so long is lost, ms; a daemon says a word every 15 s. Default 50000. */
  readonly silenceMs?: number;
  /** File whose first line is the bearer token. */
  readonly tokenFile?: string;
  /** The token may go to another machine over http, where anybody on the way can read it. Default false: such a call is refused. */
  readonly plainToken?: boolean;
}

/** A reply that has begun, and which of the daemons gives it. */
interface Answer {
  readonly reply: IncomingMessage;
  readonly at: number;
}

const CONNECTION_FAULTS: ReadonlySet<string> = new Set([...NEVER_SENT, 'ECONNRESET', 'EPIPE']);

/** What Node calls a certificate of nobody whom it knows. */
/** What is wrong with a certificate whose signer is not to blame, and the way out. */
const CERTIFICATE_FAULTS: Readonly<Record<string, {readonly what: string; readonly hint: string}>> =
  {
    CERT_HAS_EXPIRED: {
      what: 'has expired',
      hint: 'renew it where TLS ends: at the proxy in front of the daemon, or in the file that tls.cert of the daemon names; the daemon reads it again by itself',
    },
    CERT_NOT_YET_VALID: {
      what: 'is not yet valid',
      hint: 'see whether the clock of this machine is right, and that of the machine where the certificate was made',
    },
    ERR_TLS_CERT_ALTNAME_INVALID: {
      what: 'is for another name',
      hint: 'call it by a name or an address that its certificate has, or issue one for this name: the file that tls.cert of the daemon names',
    },
  };

const UNTRUSTED = /^(UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|CERT_|ERR_TLS_CERT)/;

/** Calls the daemons of one cluster. Where several are given, another one is asked when one cannot be reached. Use one client for many calls, and close it. */
export class AdminClient {
  private readonly servers: readonly URL[];
  /** Of the daemon that is asked first. */
  private at = 0;
  /** The address of a proxy may hold a password: not for printing. */
  readonly #options: AdminClientOptions;
  private readonly opened = new Map<URL, Promise<Transport>>();

  /** @throws SmError INVALID_INPUT for a server that is not a URL. */
  constructor(options: AdminClientOptions) {
    this.servers = serverUrls(options.server);
    this.#options = options;
  }

  /** The daemon that is asked: the first one, then the one that answered last. */
  get server(): string {
    return nameOf(this.serverAt(this.at));
  }

  private serverAt(at: number): URL {
    const url = this.servers[at];
    if (url === undefined) throw new Error('a client needs at least one server');
    return url;
  }

  /**
   * One operation of `/openapi.json`, as `call('addShard', {service: 'orders', shardId: 's1'})`. When `signal` aborts, the call rejects with the reason of the signal; where that is
   * an SmError TIMEOUT, the next call asks another daemon first. A daemon that has too many calls (429) is asked again, up to five times with at most 5 s between.
   * @throws RemoteError what the daemon answered; SmError SERVER_UNAVAILABLE, TIMEOUT.
   */
  async call<O extends Exclude<AdminOperation, StreamOperation>>(
    operation: O,
    input: AdminInput<O>,
    signal?: AbortSignal,
  ): Promise<AdminAnswer<O>> {
    for (let waits = 0; ; waits += 1) {
      const answer = await this.send(operation, input, {}, signal);
      const {reply, at} = answer;
      const server = nameOf(this.serverAt(at));
      const body = parseBody(await this.bodyOf(answer, signal), server);
      if ((reply.statusCode ?? 500) < 300) {
        if (hasShapeOf(operation, body)) return body as AdminAnswer<O>;
        throw otherVersion(server);
      }
      if (reply.statusCode !== 429 || waits === LIMITED_WAITS)
        throw new RemoteError(remoteFailure(body));
      // Nothing was done: whoever has many calls to make is only to make them slower.
      const wait = setTimeout(waitMsOf(reply), undefined, signal === undefined ? {} : {signal});
      await wait.catch(() => signal?.throwIfAborted());
    }
  }

  /**
   * Moves of an app as they happen, from behind the revision `after`; undefined: from now on. Ends when the connection does.
   * When `signal` aborts, the reason of the signal is thrown.
   * @throws RemoteError what the daemon answered; SmError SERVER_UNAVAILABLE, TIMEOUT.
   */
  async *movesStream(
    service: string,
    after: string | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<MoveEvent> {
    yield* this.stream<MoveEvent>('movesStream', {service}, after, signal);
  }

  /** What a live view shows; ends when the connection does, as `movesStream`. How long a silence is too long is for the caller to decide. */
  async *liveStream(
    query: AdminInput<'liveStream'>,
    lastEventId: string | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<LiveMessage> {
    yield* this.stream<LiveMessage>('liveStream', query, lastEventId, signal);
  }

  /**
   * Events of an app (undefined: of all apps) as they happen, from behind the revision `after`; undefined: from now on. `audit`: only changes by
   * operators. Ends when the connection does. When `signal` aborts, the reason of the signal is thrown.
   * @throws RemoteError what the daemon answered; SmError SERVER_UNAVAILABLE, TIMEOUT.
   */
  async *eventsStream(
    service: string | undefined,
    after: string | undefined,
    signal: AbortSignal,
    audit = false,
  ): AsyncGenerator<StreamedEvent> {
    // A daemon of before does not know the field.
    const query = {service, ...(audit ? {audit} : {})};
    yield* this.stream<StreamedEvent>('eventsStream', query, after, signal);
  }

  /** Closes its connections. */
  close(): void {
    for (const opened of this.opened.values())
      void opened.then((transport) => transport.close()).catch(() => undefined);
  }

  private async *stream<Event>(
    operation: StreamOperation,
    input: object,
    lastEventId: string | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<Event> {
    const headers = lastEventId === undefined ? {} : {'last-event-id': lastEventId};
    const answer = await this.send(operation, input, headers, signal);
    const server = nameOf(this.serverAt(answer.at));
    if ((answer.reply.statusCode ?? 500) >= 300)
      throw new RemoteError(remoteFailure(parseBody(await this.bodyOf(answer, signal), server)));
    const tooLong = (): SmError => notSm(server, 'an event of its stream exceeds the size limit');
    for await (const data of readEvents(this.chunksOf(answer, signal), tooLong)) {
      const event = parseBody(data, server);
      // What ended a stream that stood may pass; what does not is said when it is opened again.
      if (!('type' in event)) throw new RemoteError({...remoteFailure(event), retryable: true});
      yield event as Event;
    }
  }

  private async bodyOf(answer: Answer, signal?: AbortSignal): Promise<string> {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const server = nameOf(this.serverAt(answer.at));
    for await (const chunk of this.chunksOf(answer, signal)) {
      bytes += chunk.length;
      if (bytes > ANSWER_LIMIT_BYTES) throw notSm(server, 'its answer exceeds the size limit');
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString('utf8');
  }

  /** @throws SmError SERVER_UNAVAILABLE, TIMEOUT for a reply that breaks off. */
  private async *chunksOf({reply, at}: Answer, signal?: AbortSignal): AsyncGenerator<Buffer> {
    try {
      yield* reply as AsyncIterable<Buffer>;
    } catch (error) {
      const fault = faultOf(error as NodeJS.ErrnoException, nameOf(this.serverAt(at)), signal);
      if (isAway(fault)) this.passOver(at);
      throw fault;
    }
  }

  /** Asks the daemons in turn, beginning with the one that answered last. @throws SmError of the last one that was asked. */
  private async send(
    operation: AdminOperation,
    input: object,
    extra: Record<string, string>,
    signal: AbortSignal | undefined,
  ): Promise<Answer> {
    const isRead = routeRows[operation].method === 'GET';
    let {at} = this;
    for (let left = this.servers.length - 1; ; left -= 1) {
      try {
        return {reply: await this.sendTo(this.serverAt(at), operation, input, extra, signal), at};
      } catch (error) {
        const next = isAway(error) ? this.passOver(at) : at;
        const isOver = left === 0 || signal?.aborted === true;
        if (isOver || !mayAskAnother(error, isRead)) throw error;
        at = next;
      }
    }
  }

  /** Another daemon is asked first from now on. Of calls that fail together the first one says so. @returns the one after it. */
  private passOver(at: number): number {
    const next = (at + 1) % this.servers.length;
    if (this.at === at) this.at = next;
    return next;
  }

  private async sendTo(
    server: URL,
    operation: AdminOperation,
    input: object,
    extra: Record<string, string>,
    signal: AbortSignal | undefined,
  ): Promise<IncomingMessage> {
    const {method, path, stream} = routeRows[operation];
    const url = urlOf(server, path);
    const body = method === 'POST' ? JSON.stringify(input) : undefined;
    if (method === 'GET')
      for (const [name, value] of Object.entries(input))
        if (value !== undefined) url.searchParams.set(name, String(value));
    const headers = {...this.headersFor(server, body), ...extra};
    const transport = await this.transportTo(server);
    return new Promise((resolve, reject) => {
      const options = {method, headers, ...(signal === undefined ? {} : {signal})};
      // Once a reply has begun, what ends the call is only seen by whoever reads it.
      let begun: IncomingMessage | undefined;
      const call = transport.request(url, options, (reply) => resolve((begun = reply)));
      const name = nameOf(server);
      const giveUp = (limitMs: number) => () => (begun ?? call).destroy(tookTooLong(name, limitMs));
      // Of the whole call, however slowly bytes come; of a stream until its answer begins.
      const {timeoutMs, silenceMs = SILENCE_LIMIT_MS} = this.#options;
      const limitMs = timeoutMs ?? limitOf(operation);
      const whole = globalThis.setTimeout(giveUp(limitMs), limitMs);
      if (stream) {
        call.setTimeout(silenceMs, giveUp(silenceMs));
        call.once('response', () => clearTimeout(whole));
      }
      call.once('close', () => clearTimeout(whole));
      call.on('error', (error: NodeJS.ErrnoException) => reject(faultOf(error, name, signal)));
      call.end(body);
    });
  }

  private transportTo(server: URL): Promise<Transport> {
    const opened = this.opened.get(server) ?? openTransport(server, this.#options);
    this.opened.set(server, opened);
    return opened;
  }

  private headersFor(server: URL, body: string | undefined): Record<string, string | number> {
    const headers = {accept: 'application/json', ...this.authorization(server)};
    if (body === undefined) return headers;
    return {
      ...headers,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    };
  }

  private authorization(server: URL): Record<string, string> {
    const {tokenFile, plainToken = false} = this.#options;
    if (tokenFile === undefined) return {};
    if (!plainToken) refusePlainToken(server);
    try {
      return {
        authorization: `Bearer ${tokenOf(readFileSync(tokenFile, 'utf8'))}`,
      };
    } catch (error) {
      throw new SmError('INVALID_INPUT', `token file ${tokenFile} cannot be read`, {
        hint: 'give --token-file or SM_TOKEN_FILE',
        cause: error,
      });
    }
  }
}

function tookTooLong(server: string, limitMs: number): SmError {
  return new SmError('TIMEOUT', `${server} did not answer within ${limitMs} ms`, {
    hint: 'the operation may still continue: check with sm status, or pass a longer --timeout',
    retryable: true,
  });
}

/** `server`: how it is named to people. */
function faultOf(
  error: NodeJS.ErrnoException,
  server: string,
  signal: AbortSignal | undefined,
): unknown {
  if (error instanceof SmError) return error;
  // The connection breaks because the caller gave up, not because of the daemon.
  if (signal?.aborted === true) return signal.reason;
  const known = CERTIFICATE_FAULTS[error.code ?? ''];
  if (known !== undefined)
    return new SmError('SERVER_UNAVAILABLE', `the certificate of ${server} ${known.what}`, {
      hint: known.hint,
      cause: error,
    });
  if (UNTRUSTED.test(error.code ?? ''))
    return new SmError('SERVER_UNAVAILABLE', `the certificate of ${server} is not trusted`, {
      hint: 'pass the CA that signed it: --ca-file or SM_CA_FILE',
      cause: error,
    });
  const kind = CONNECTION_FAULTS.has(error.code ?? '') ? 'cannot be reached' : 'does not answer';
  return new SmError('SERVER_UNAVAILABLE', `${server} ${kind}`, {
    hint: 'start it with: sm serve --config-file sample.yml, or choose another daemon with --server; a daemon that runs but waits for its etcd does not listen yet: see its log',
    retryable: true,
    cause: error.message === '' ? Object.assign(new Error(error.code), {code: error.code}) : error,
  });
}

/** What Retry-After asks for, within reason. */
function waitMsOf({headers}: IncomingMessage): number {
  const seconds = Number(headers['retry-after'] ?? 1);
  return 1_000 * Math.min(LIMITED_WAIT_MAX_S, Math.max(1, Number.isFinite(seconds) ? seconds : 1));
}

/** The token of the first line; a name may stand before it, as in the daemon's own file. */
function tokenOf(text: string): string {
  return text.split('\n', 1)[0]?.trim().split(/\s+/).at(-1) ?? '';
}

/** @throws SmError SERVER_UNAVAILABLE for what is not a JSON object. */
function parseBody(text: string, server: string): object {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    body = undefined;
  }
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body;
  throw notSm(server, 'its answer is not a JSON object');
}

/** An object, and not the one that was asked for: most likely of an older daemon. */
function otherVersion(server: string): SmError {
  return new SmError(
    'SERVER_UNAVAILABLE',
    `${server} answers, but it is not a daemon of sm, or one of an older version`,
    {
      hint: 'upgrade the daemons before the command line and programs that use the client; or check --server: is another program on that port?',
      cause: new Error('its answer lacks a required field'),
    },
  );
}

function notSm(server: string, why: string): SmError {
  return new SmError('SERVER_UNAVAILABLE', `${server} answers, but it is not a daemon of sm`, {
    hint: 'check --server: is another program on that port?',
    cause: new Error(why),
  });
}

function limitOf(operation: AdminOperation): number {
  return operation === 'acceptRestore' ? ACCEPT_RESTORE_LIMIT_MS : CALL_LIMIT_MS;
}
