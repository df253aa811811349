/** HTTP between processes: calls of daemons reach the servers of containers and daemons, late, twice or not at all. */
import type {IncomingMessage, ServerResponse} from 'node:http';
import {Dispatcher} from 'undici';
import type {HintHandler} from '../../src/container/receiver.ts';
import {HINT_PATHS} from '../../src/protocol/hints.ts';
import {nameOfNode} from './boundary-names.ts';
import type {SimProcess} from './process.ts';
import type {Weather} from './weather.ts';
import type {World} from './world.ts';

export interface HttpReply {
  readonly status: number;
  readonly body: string;
}

export interface HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly body: string;
}

interface HttpServer {
  readonly process: SimProcess;
  readonly answer: (request: HttpRequest) => Promise<HttpReply>;
}

/** What a container says of its shards: one more than it has, or one less. */
export type Lie = 'more' | 'less';

export class HttpNetwork {
  /** Endpoints that do not say what they hold, but this. */
  readonly lies = new Map<string, Lie>();
  private readonly world: World;
  private readonly weather: Weather;
  /** Nothing reaches this endpoint. */
  private readonly isDeaf: (endpoint: string) => boolean;
  private readonly servers = new Map<string, HttpServer>();

  constructor(world: World, weather: Weather, isDeaf: (endpoint: string) => boolean) {
    this.world = world;
    this.weather = weather;
    this.isDeaf = isDeaf;
  }

  listen(endpoint: string, process: SimProcess, answer: HttpServer['answer']): void {
    this.servers.set(endpoint, {process, answer});
  }

  close(endpoint: string, process: SimProcess): void {
    if (this.servers.get(endpoint)?.process === process) this.servers.delete(endpoint);
  }

  /** The connections of one process. */
  dispatcher(process: SimProcess): Dispatcher {
    return new SimulatedDispatcher(process, (endpoint, request, answered, failed) =>
      this.call(process, endpoint, request, answered, failed),
    );
  }

  private call(
    caller: SimProcess,
    endpoint: string,
    request: HttpRequest,
    answered: (reply: HttpReply) => void,
    failed: () => void,
  ): void {
    const {weather} = this;
    const what = (): string => nameOfCall(endpoint, request);
    const usual = weather.hintDelays(what);
    const delays = this.world.boundaries?.hint(what, usual[0] ?? 0) ?? usual;
    let over = false;
    const broken = (): void => {
      if (!over) failed();
      over = true;
    };
    if (delays.length === 0 || this.isDeaf(endpoint)) {
      caller.deliver(weather.brokenAfterMs(caller, what), broken);
      return;
    }
    const answer = (reply: HttpReply): void => {
      if (!over) answered(reply);
      over = true;
    };
    for (const delayMs of delays)
      this.world.after(delayMs, () => this.arrive(caller, endpoint, request, answer, broken));
  }

  private arrive(
    caller: SimProcess,
    endpoint: string,
    request: HttpRequest,
    answered: (reply: HttpReply) => void,
    broken: () => void,
  ): void {
    const server = this.servers.get(endpoint);
    if (server === undefined || !server.process.alive) return caller.deliver(1, broken);
    const what = (): string => `answer of ${nameOfCall(endpoint, request)}`;
    // Who is paused has taken the connection and says nothing; who dies meanwhile neither.
    caller.deliver(this.weather.brokenAfterMs(caller, what), broken);
    const back = (truth: HttpReply): void => {
      const lie = request.path.startsWith(HINT_PATHS.shards) && this.lies.get(endpoint);
      const reply = lie ? lied(truth, lie) : truth;
      for (const delayMs of this.weather.hintDelays(what).slice(0, 1))
        this.world.after(delayMs, () => caller.deliver(0, () => answered(reply)));
    };
    const {process, answer} = server;
    const heard = this.garbled(process, request);
    process.deliver(0, () => void answer(heard).then(back, () => undefined));
  }

  /** Nobody vouches for what a hint says of a record. */
  private garbled(server: SimProcess, request: HttpRequest): HttpRequest {
    const lies = request.body !== '' && this.weather.hintLies(() => `${server.label} hint`);
    if (!lies) return request;
    const said = JSON.parse(request.body) as {items?: {record?: string}[]};
    for (const item of said.items ?? []) {
      if (item.record === undefined) continue;
      const record = JSON.parse(item.record) as object;
      item.record = JSON.stringify({...record, failures: 77, move: null});
    }
    return {...request, body: JSON.stringify(said)};
  }
}

function lied(reply: HttpReply, lie: Lie): HttpReply {
  const said = JSON.parse(reply.body) as {
    containers: {shards: {id: string; ready: boolean}[]}[];
  };
  for (const one of said.containers) {
    const [first] = one.shards;
    if (lie === 'less') one.shards.pop();
    else if (first !== undefined) one.shards.push({...first, id: 'nobody', ready: true});
  }
  return {...reply, body: JSON.stringify(said)};
}

/** `hint c1 add s3`, as hints are named elsewhere. */
function nameOfCall(endpoint: string, {path, body}: HttpRequest): string {
  const node = nameOfNode(endpoint);
  if (body === '') return `${path.split('?')[0] ?? ''} ${node}`;
  const {items = []} = JSON.parse(body) as {items?: {op: string; shard: string}[]};
  return `hint ${node} ${items.map(({op, shard}) => `${op} ${shard}`).join(' ')}`;
}

type Call = (
  endpoint: string,
  request: HttpRequest,
  answered: (reply: HttpReply) => void,
  failed: () => void,
) => void;

/** In the place of kept-alive connections. */
class SimulatedDispatcher extends Dispatcher {
  private readonly process: SimProcess;
  private readonly call: Call;

  constructor(process: SimProcess, call: Call) {
    super();
    this.process = process;
    this.call = call;
  }

  override dispatch(
    options: Dispatcher.DispatchOptions,
    handler: Dispatcher.DispatchHandler,
  ): boolean {
    const endpoint = String(options.origin).replace(/^https?:\/\//, '');
    const body = typeof options.body === 'string' ? options.body : '';
    let over = false;
    const failed = (error: Error): void => {
      if (!over) handler.onError?.(error);
      over = true;
    };
    handler.onConnect?.((error?: Error) => failed(error ?? new Error('aborted')));
    if (over) return true;
    this.call(
      endpoint,
      {method: options.method, path: options.path, body},
      ({status, body: said}) => {
        if (over) return;
        over = true;
        handler.onHeaders?.(status, [], () => undefined, '');
        handler.onData?.(Buffer.from(said));
        handler.onComplete?.([]);
      },
      () => failed(new Error(`${this.process.name}: the connection broke`)),
    );
    return true;
  }

  override close(): Promise<void> {
    return Promise.resolve();
  }

  override destroy(): Promise<void> {
    return Promise.resolve();
  }
}

let calls = 0;

/**
 * Asks a handler of Node's HTTP server as the server would. Calls are not signed here, and each has an address of its own: the limit on calls
 * from one address is not what is looked at.
 */
export function askHandler(handler: HintHandler, request: HttpRequest): Promise<HttpReply> {
  return new Promise((resolve) => {
    calls += 1;
    const response = {
      headersSent: false,
      destroyed: false,
      status: 0,
      setHeader: () => undefined,
      writeHead(status: number) {
        response.status = status;
        response.headersSent = true;
      },
      end: (body = '') => resolve({status: response.status, body}),
    };
    const incoming = {
      method: request.method,
      url: request.path,
      headers: {host: 'localhost', 'content-type': 'application/json'},
      socket: {remoteAddress: `caller-${calls}`},
      async *[Symbol.asyncIterator]() {
        yield Buffer.from(request.body);
      },
    };
    if (!handler(incoming as unknown as IncomingMessage, response as unknown as ServerResponse))
      resolve({status: 404, body: ''});
  });
}
