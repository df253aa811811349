/** The typed client of the admin API, on node:http alone: it starts in milliseconds. */
import {setTimeout} from 'node:timers/promises';
import {readFileSync} from 'node:fs';
import {Agent, request as httpRequest} from 'node:http';
import type {ClientRequest, IncomingMessage} from 'node:http';
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
import {LIMITED_WAITS, LIMITED_WAIT_MAX_S} from './limits.ts';

export interface AdminClientOptions {
  /** http://host:port or https://host:port. */
  readonly server: string;
  /** Limit of one call, ms. Default 30000. */
  readonly timeoutMs?: number;
  /** A stream that says nothing for so long is lost, ms; a daemon says a word every 15 s. Default 50000. */
  readonly silenceMs?: number;
  /** File whose first line is the bearer token. */
  readonly tokenFile?: string;
}

const CONNECTION_FAULTS = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EAI_AGAIN',
  'EPIPE',
]);

export class AdminClient {
  private readonly base: URL;
  private readonly timeoutMs: number;
  private readonly silenceMs: number;
  private readonly tokenFile: string | undefined;
  private opened: Promise<Transport> | undefined;

  /** @throws SmError INVALID_INPUT for a server that is no URL. */
  constructor(options: AdminClientOptions) {
    this.base = serverUrl(options.server);
    this.timeoutMs = options.timeoutMs ?? 30_000;
    this.silenceMs = options.silenceMs ?? 50_000;
    this.tokenFile = options.tokenFile;
  }

  get server(): string {
    return this.base.origin;
  }

  /** @throws RemoteError what the daemon answered; SmError SERVER_UNAVAILABLE, TIMEOUT. */
  async call<O extends Exclude<AdminOperation, StreamOperation>>(
    operation: O,
    input: AdminInput<O>,
    signal?: AbortSignal,
  ): Promise<AdminAnswer<O>> {
    for (let waits = 0; ; waits += 1) {
      const reply = await this.send(operation, input, {}, signal);
      const body = parseBody(await this.bodyOf(reply), this.server);
      if ((reply.statusCode ?? 500) < 300) return body as AdminAnswer<O>;
      if (reply.statusCode !== 429 || waits === LIMITED_WAITS)
        throw new RemoteError(remoteFailure(body));
      // Nothing was done: whoever has many calls to make is only to make them slower.
      await setTimeout(waitMsOf(reply), undefined, signal === undefined ? {} : {signal});
    }
  }

  /** Moves as they happen, from behind the revision; ends when the connection does. */
  async *movesStream(
    service: string,
    after: string | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<MoveEvent> {
    yield* this.stream<MoveEvent>('movesStream', {service}, after, signal);
  }

  /** What a live view shows; ends when the connection does. Silence is the caller's to judge. */
  async *liveStream(
    query: AdminInput<'liveStream'>,
    lastEventId: string | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<LiveMessage> {
    yield* this.stream<LiveMessage>('liveStream', query, lastEventId, signal);
  }

  /** What happens, from behind the revision; ends when the connection does. */
  async *eventsStream(
    service: string | undefined,
    after: string | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<StreamedEvent> {
    yield* this.stream<StreamedEvent>('eventsStream', {service}, after, signal);
  }

  close(): void {
    void this.opened?.then(({agent}) => agent.destroy());
  }

  private async *stream<Event>(
    operation: StreamOperation,
    input: object,
    lastEventId: string | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<Event> {
    const headers = lastEventId === undefined ? {} : {'last-event-id': lastEventId};
    const reply = await this.send(operation, input, headers, signal);
    if ((reply.statusCode ?? 500) >= 300)
      throw new RemoteError(remoteFailure(parseBody(await this.bodyOf(reply), this.server)));
    for await (const data of readEvents(this.chunksOf(reply))) {
      const event = JSON.parse(data) as object;
      // What ended a stream that stood may pass; what does not is said when it is opened again.
      if (!('type' in event)) throw new RemoteError({...remoteFailure(event), retryable: true});
      yield event as Event;
    }
  }

  private async bodyOf(reply: IncomingMessage): Promise<string> {
    const chunks: Buffer[] = [];
    for await (const chunk of this.chunksOf(reply)) chunks.push(chunk);
    return Buffer.concat(chunks).toString('utf8');
  }

  /** @throws SmError SERVER_UNAVAILABLE, TIMEOUT for a reply that breaks off. */
  private async *chunksOf(reply: IncomingMessage): AsyncGenerator<Buffer> {
    try {
      yield* reply as AsyncIterable<Buffer>;
    } catch (error) {
      throw this.fault(error as NodeJS.ErrnoException);
    }
  }

  private async send(
    operation: AdminOperation,
    input: object,
    extra: Record<string, string>,
    signal: AbortSignal | undefined,
  ): Promise<IncomingMessage> {
    const {method, path, stream} = routeRows[operation];
    const url = new URL(path, this.base);
    const body = method === 'POST' ? JSON.stringify(input) : undefined;
    if (method === 'GET')
      for (const [name, value] of Object.entries(input))
        if (value !== undefined) url.searchParams.set(name, String(value));
    const headers: Record<string, string | number> = {
      accept: 'application/json',
      ...this.authorization(),
      ...extra,
    };
    if (body !== undefined)
      Object.assign(headers, {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      });
    this.opened ??= transportOf(this.base.protocol);
    const {request, agent} = await this.opened;
    return new Promise((resolve, reject) => {
      const options = {
        method,
        headers,
        agent,
        ...(signal === undefined ? {} : {signal}),
      };
      // Once a reply has begun, what ends the call is only seen by whoever reads it.
      let begun: IncomingMessage | undefined;
      const call: ClientRequest = request(url, options, (reply) => resolve((begun = reply)));
      const limitMs = stream ? this.silenceMs : this.timeoutMs;
      call.setTimeout(limitMs, () => (begun ?? call).destroy(this.tookTooLong(limitMs)));
      call.on('error', (error: NodeJS.ErrnoException) => reject(this.fault(error)));
      call.end(body);
    });
  }

  private authorization(): Record<string, string> {
    if (this.tokenFile === undefined) return {};
    try {
      return {
        authorization: `Bearer ${tokenOf(readFileSync(this.tokenFile, 'utf8'))}`,
      };
    } catch (error) {
      throw new SmError('INVALID_INPUT', `token file ${this.tokenFile} cannot be read`, {
        hint: 'give --token-file or SM_TOKEN_FILE',
        cause: error,
      });
    }
  }

  private tookTooLong(limitMs: number): SmError {
    return new SmError('TIMEOUT', `${this.server} did not answer within ${limitMs} ms`, {
      hint: 'the work may go on: look with sm status, or give a longer --timeout',
      retryable: true,
    });
  }

  private fault(error: NodeJS.ErrnoException): unknown {
    if (error instanceof SmError || error.name === 'AbortError') return error;
    const kind = CONNECTION_FAULTS.has(error.code ?? '') ? 'cannot be reached' : 'does not answer';
    return new SmError('SERVER_UNAVAILABLE', `${this.server} ${kind}`, {
      hint: 'start it with: sm serve --config-file sample.yml, or name another with --server',
      retryable: true,
      cause: error.message === '' ? new Error(error.code) : error,
    });
  }
}

interface Transport {
  readonly request: typeof httpRequest;
  readonly agent: Agent;
}

/** TLS takes longer to load than all else that a call needs, and most daemons are asked without. */
async function transportOf(protocol: string): Promise<Transport> {
  if (protocol !== 'https:') return {request: httpRequest, agent: new Agent({keepAlive: true})};
  const https = await import('node:https');
  return {request: https.request, agent: new https.Agent({keepAlive: true})};
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

function serverUrl(server: string): URL {
  const text = /^https?:\/\//.test(server) ? server : `http://${server}`;
  if (!URL.canParse(text))
    throw new SmError('INVALID_INPUT', `server ${JSON.stringify(server)} is no URL`, {
      hint: 'as http://127.0.0.1:8801',
    });
  return new URL(text);
}

function parseBody(text: string, server: string): object {
  try {
    return JSON.parse(text) as object;
  } catch {
    throw new SmError('SERVER_UNAVAILABLE', `${server} answers, but not as sm does`, {
      hint: 'check --server: is another program on that port?',
    });
  }
}
