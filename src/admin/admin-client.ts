/** The typed client of the admin API, on Node's http alone: it starts in milliseconds. */
import {setMaxListeners} from 'node:events';
import {setTimeout} from 'node:timers/promises';
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
import {bodyText, checkCall, refuseStream, resumeHeader} from './call-input.ts';
import {checkClientOptions} from './client-options.ts';
import type {AdminClientOptions} from './client-options.ts';
import {
  faultOf,
  notSm,
  otherVersion,
  parseBody,
  refusal,
  sentBy,
  tookTooLong,
  waitMsOf,
} from './faults.ts';
import type {Sent} from './faults.ts';
import {firstAnswer} from './first-answer.ts';
import {
  ACCEPT_RESTORE_LIMIT_MS,
  ANSWER_LIMIT_BYTES,
  CALL_LIMIT_MS,
  LIMITED_WAITS,
  PATIENCE_MS,
  SILENCE_LIMIT_MS,
} from './limits.ts';
import {
  isAway,
  nameOf,
  refusePlainToken,
  serverUrls,
  tellingMost,
  tokenIn,
  urlOf,
  watchConnecting,
} from './servers.ts';
import {openTransport} from './transport.ts';
import type {Transport} from './transport.ts';

/** What is asked, whichever daemon it is that answers. */
interface Asked {
  readonly operation: AdminOperation;
  readonly input: object;
  readonly headers: Readonly<Record<string, string>>;
  /** Of the caller. */
  readonly signal: AbortSignal | undefined;
  readonly limitMs: number;
  /** Monotonic ms when the limit is over, however many are asked. */
  readonly endMs: number;
  /** How long an opened connection may take; undefined: as long as the call. */
  readonly connectMs: number | undefined;
}

/** A reply that has begun, and which of the daemons gives it. */
interface Answer {
  readonly reply: IncomingMessage;
  readonly at: number;
  readonly sent: Sent;
}

/** Calls the daemons of one cluster. Where several are given, another one is asked when one cannot be reached. Use one client for many calls, and close it. */
export class AdminClient {
  private readonly servers: readonly URL[];
  /** Of the daemon that is asked first. */
  private at = 0;
  /** The address of a proxy may hold a password: not for printing. */
  readonly #options: AdminClientOptions;
  private readonly opened = new Map<URL, Promise<Transport>>();
  /** Faults of calls of which nothing was sent: the connection never stood. */
  private readonly unsent = new WeakSet<object>();

  /** @throws SmError INVALID_INPUT for a server that is not a URL, and for an unknown option. */
  constructor(options: AdminClientOptions) {
    checkClientOptions(options);
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
    refuseStream(operation);
    const answer = await this.sendInTurn(operation, input, {}, signal);
    const server = nameOf(this.serverAt(answer.at));
    const body = parseBody(await this.bodyOf(answer, signal), server);
    if (hasShapeOf(operation, body)) return body as AdminAnswer<O>;
    throw otherVersion(server);
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
    const headers = resumeHeader(operation, lastEventId);
    const answer = await this.sendInTurn(operation, input, headers, signal);
    const server = nameOf(this.serverAt(answer.at));
    if (answer.reply.headers['content-type']?.startsWith('text/event-stream') !== true) {
      answer.reply.destroy();
      throw notSm(server, 'its answer is not a stream of events');
    }
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
  private async *chunksOf({reply, at, sent}: Answer, signal?: AbortSignal): AsyncGenerator<Buffer> {
    try {
      yield* reply as AsyncIterable<Buffer>;
    } catch (error) {
      const fault = faultOf(
        error as NodeJS.ErrnoException,
        nameOf(this.serverAt(at)),
        signal,
        sent,
      );
      if (isAway(fault)) this.passOver(at);
      throw fault;
    }
  }

  /** As `send`; whoever has too many calls waits as Retry-After says, and sends again. @throws as `send`, and what says that there are too many. */
  private async sendInTurn(
    operation: AdminOperation,
    input: object,
    headers: Record<string, string>,
    signal: AbortSignal | undefined,
  ): Promise<Answer> {
    checkCall(operation, input, signal);
    // One signal may be for all calls of a program; Node takes more than ten for a leak, and says so on stderr.
    if (signal !== undefined) setMaxListeners(0, signal);
    for (let waits = 0; ; waits += 1) {
      const answer = await this.send(operation, input, headers, signal);
      const {reply} = answer;
      if (reply.statusCode !== 429) return answer;
      const tooMany = await this.refusalOf(answer, signal);
      if (waits === LIMITED_WAITS) throw tooMany;
      // Nothing was done: whoever has many calls to make is only to make them slower.
      const waitMs = waitMsOf(reply);
      this.#options.onLimited?.(tooMany, waitMs);
      const wait = setTimeout(waitMs, undefined, signal === undefined ? {} : {signal});
      await wait.catch(() => signal?.throwIfAborted());
    }
  }

  /**
   * Asks the daemons in turn, beginning with the one that answered last. A slow one is waited for while the next is asked: for reads, of which it does no harm to ask two.
   * @returns an answer that does what was asked, or says that there are too many calls (429).
   * @throws RemoteError, SmError of the last one that was asked.
   */
  private send(
    operation: AdminOperation,
    input: object,
    headers: Record<string, string>,
    signal: AbortSignal | undefined,
  ): Promise<Answer> {
    const isRead = routeRows[operation].method === 'GET';
    const limitMs = this.#options.timeoutMs ?? limitOf(operation);
    const {length} = this.servers;
    const patienceMs = Math.min(PATIENCE_MS, limitMs / length);
    const asked: Asked = {
      ...{operation, input, headers, signal, limitMs},
      endMs: performance.now() + limitMs,
      connectMs: patienceMs,
    };
    const first = this.at;
    const servers = this.servers.map((_, index) => (first + index) % length);
    // Where no other is left there is no reason to give up early.
    const ofLast = {...asked, connectMs: undefined};
    return firstAnswer({
      servers,
      ask: (at, ended) => this.ask(at, at === servers.at(-1) ? ofLast : asked, ended),
      // Whatever the fault is for a read; for a write only where nothing was sent.
      mayAskAnother: (fault) =>
        signal?.aborted !== true && isAway(fault) && (isRead || this.unsent.has(fault as object)),
      isFinal: (fault) => fault instanceof RemoteError && !isAway(fault),
      patienceMs: isRead ? patienceMs + heldMsOf(input) : undefined,
      onSlow: (at) => this.passOver(at),
      choose: tellingMost,
    });
  }

  private async ask(at: number, asked: Asked, ended: AbortSignal): Promise<Answer> {
    try {
      const reply = await this.sendTo(this.serverAt(at), asked, ended);
      const status = reply.statusCode ?? 500;
      const answer = {reply, at, sent: sentBy(asked.operation)};
      if (status < 300 || status === 429) return answer;
      throw await this.refusalOf(answer, asked.signal);
    } catch (error) {
      if (!ended.aborted && isAway(error)) this.passOver(at);
      throw error;
    }
  }

  /** @throws SmError for an answer that breaks off. */
  private async refusalOf(
    answer: Answer,
    signal: AbortSignal | undefined,
  ): Promise<RemoteError | SmError> {
    const text = await this.bodyOf(answer, signal);
    return refusal(text, answer.reply, nameOf(this.serverAt(answer.at)));
  }

  /** Another daemon is asked first from now on. Of calls that fail together the first one says so. */
  private passOver(at: number): void {
    if (this.at === at) this.at = (at + 1) % this.servers.length;
  }

  private async sendTo(
    server: URL,
    {operation, input, headers: extra, signal, limitMs, endMs, connectMs}: Asked,
    ended: AbortSignal,
  ): Promise<IncomingMessage> {
    const {method, path, stream} = routeRows[operation];
    const url = urlOf(server, path);
    const body = method === 'POST' ? bodyText(operation, input) : undefined;
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
      // Another one has answered.
      ended.addEventListener('abort', () => call.destroy(), {once: true});
      const name = nameOf(server);
      const giveUp = (limitMs: number) => () =>
        (begun ?? call).destroy(tookTooLong(name, limitMs, method === 'GET'));
      // Of the whole call, however slowly bytes come; of a stream until its answer begins.
      const {silenceMs = SILENCE_LIMIT_MS} = this.#options;
      const whole = globalThis.setTimeout(giveUp(limitMs), endMs - performance.now());
      const stands = watchConnecting(call, url, connectMs);
      if (stream) {
        call.setTimeout(silenceMs, giveUp(silenceMs));
        call.once('response', () => clearTimeout(whole));
      }
      call.once('close', () => clearTimeout(whole));
      call.on('error', (error: NodeJS.ErrnoException) => {
        const fault = faultOf(error, name, signal, stands() ? sentBy(operation) : undefined);
        // Not where the time of the call is over.
        if (!stands() && fault instanceof SmError && fault !== error) this.unsent.add(fault);
        reject(fault);
      });
      call.end(body);
    });
  }

  private transportTo(server: URL): Promise<Transport> {
    const known = this.opened.get(server);
    if (known !== undefined) return known;
    const opened = openTransport(server, this.#options);
    this.opened.set(server, opened);
    // A file that cannot be read now may be there at the next call.
    opened.catch(() => this.opened.delete(server));
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
    return {authorization: `Bearer ${tokenIn(tokenFile)}`};
  }
}

/** How long a daemon may hold its answer, because it was asked to. */
function heldMsOf(input: {readonly timeoutMs?: unknown}): number {
  return typeof input.timeoutMs === 'number' ? input.timeoutMs : 0;
}

function limitOf(operation: AdminOperation): number {
  return operation === 'acceptRestore' ? ACCEPT_RESTORE_LIMIT_MS : CALL_LIMIT_MS;
}
