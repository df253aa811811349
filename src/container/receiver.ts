/**
 * The hint receiver of a process: a small HTTP server, or a handler for a server of the user's. Hints are only hints: the
 * container acts on what it reads in etcd, so a forged one costs a read and nothing else.
 */
import {createServer} from 'node:http';
import type {IncomingMessage, Server, ServerResponse} from 'node:http';
import type {AddressInfo} from 'node:net';
import {SmError} from '../model/errors.ts';
import {bareHost, listenFault} from '../model/listen-fault.ts';
import {
  HINTS_BODY_LIMIT_BYTES,
  HINT_PATHS,
  hintsRequest,
  shardHintRequest,
} from '../protocol/hints.ts';
import type {HeldShardsAnswer} from '../protocol/hints.ts';
import {refuseInOurForm} from '../protocol/http-refusals.ts';
import {HEADER_LIMIT_BYTES} from '../protocol/limits.ts';
import {NOTES_SHOWN} from './limits.ts';

/** What the receiver asks of the containers of the process. */
export interface HintTarget {
  readonly app: string;
  readonly container: string;
  readonly incarnation: string;
  hint(incarnation: string, shard: string, revision: number, record?: string): void;
  /** `withLoads`: also the loads of its shards and what the process takes. Default false. */
  held(withLoads?: boolean): HeldShardsAnswer['containers'][number];
  /** Why it is not ready; '' when it is. Ready ignores etcd outages shorter than T. */
  notReady(): string;
  /** What is wrong with single shards. */
  notes(): readonly string[];
}

/** Handles a request below /sm/admin/, /livez or /readyz; false when the path is not ours. */
export type HintHandler = (request: IncomingMessage, response: ServerResponse) => boolean;

export function hintHandler(targets: ReadonlySet<HintTarget>): HintHandler {
  return (request, response) => {
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    if (path === '/livez') return answer(response, 200, {});
    if (path === '/readyz') return answerReadiness(targets, response);
    if (path === HINT_PATHS.shards)
      return (
        onlyMethod('GET', request, response) &&
        answer(response, 200, {containers: heldBy(targets, request)})
      );
    if (path !== HINT_PATHS.hints && path !== HINT_PATHS.addShard && path !== HINT_PATHS.dropShard)
      return false;
    if (!onlyMethod('POST', request, response)) return true;
    readJson(request).then(
      (body) => receive(targets, path, body, response),
      (error: unknown) => refuse(response, error),
    );
    return true;
  };
}

/** As a daemon's: with reasons. A hook that hangs concerns one shard and not the process. */
function answerReadiness(targets: ReadonlySet<HintTarget>, response: ServerResponse): true {
  const all = [...targets];
  const reason = all
    .map((target) => ({who: target.container, why: target.notReady()}))
    .filter(({why}) => why !== '')
    .map(({who, why}) => `container ${who}: ${why}`)
    .join('; ');
  const ready = reason === '';
  const notes = all.flatMap((target) => target.notes()).slice(0, NOTES_SHOWN);
  return answer(response, ready ? 200 : 503, {status: ready ? 'ok' : 'not ready', reason, notes});
}

/** `?incarnation=`: only that container's; a process may hold a hundred. `?load=1`: loads are sampled, too. */
function heldBy(
  targets: ReadonlySet<HintTarget>,
  request: IncomingMessage,
): HeldShardsAnswer['containers'] {
  const url = request.url ?? '';
  const wanted = /[?&]incarnation=([A-Za-z0-9_-]{1,80})(?:&|$)/.exec(url)?.[1];
  const withLoads = /[?&]load=1(?:&|$)/.test(url);
  return [...targets]
    .filter(({incarnation}) => wanted === undefined || wanted === incarnation)
    .map((target) => target.held(withLoads));
}

function receive(
  targets: ReadonlySet<HintTarget>,
  path: string,
  body: unknown,
  response: ServerResponse,
): void {
  if (path === HINT_PATHS.hints) {
    const parsed = hintsRequest.safeParse(body);
    if (!parsed.success)
      return refuse(response, new SmError('INVALID_INPUT', parsed.error.message));
    const {app, incarnation, items} = parsed.data;
    let accepted = 0;
    for (const target of targets) {
      if (target.app !== app || target.incarnation !== incarnation) continue;
      accepted = items.length;
      for (const {shard, revision, record} of items)
        target.hint(incarnation, shard, revision, record);
    }
    answer(response, 202, {accepted, atMs: Date.now()});
    return;
  }
  const parsed = shardHintRequest.safeParse(body);
  if (!parsed.success) return refuse(response, new SmError('INVALID_INPUT', parsed.error.message));
  const {id, incarnation, revision} = parsed.data;
  for (const target of targets) {
    if (incarnation !== undefined && incarnation !== target.incarnation) continue;
    target.hint(target.incarnation, id, revision ?? Number.MAX_SAFE_INTEGER);
  }
  answer(response, 200, {});
}

/** Opens a receiver for the targets. @throws SmError PORT_TAKEN, INVALID_INPUT (an address that is not of this machine). */
export async function openReceiver(
  targets: ReadonlySet<HintTarget>,
  bind: string,
  port: number,
): Promise<{port: number; close(): Promise<void>}> {
  const handler = hintHandler(targets);
  const server = createServer({maxHeaderSize: HEADER_LIMIT_BYTES}, (request, response) => {
    if (!handler(request, response)) answer(response, 404, {error: 'not found', code: 'NOT_FOUND'});
  });
  refuseInOurForm(server);
  server.headersTimeout = 10_000;
  server.requestTimeout = 30_000;
  server.maxConnections = 1_000;
  server.keepAliveTimeout = 65_000;
  await listen(server, bind, port);
  return {port: (server.address() as AddressInfo).port, close: () => closeServer(server)};
}

function listen(server: Server, bind: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const keys = {hostKey: 'bind (default: host)', portKey: 'port'};
      reject(listenFault(error, {host: bind, port, ...keys, code: 'INVALID_INPUT'}) as Error);
    });
    server.listen(port, bareHost(bind), () => {
      // A connection that cannot be taken, as when all file handles are in use, costs a hint and not the process.
      server.on('error', () => undefined);
      resolve();
    });
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > HINTS_BODY_LIMIT_BYTES)
      throw new SmError('BODY_TOO_LARGE', `body is over ${HINTS_BODY_LIMIT_BYTES} bytes`);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown;
  } catch (error) {
    throw new SmError('INVALID_INPUT', 'body is not JSON', {cause: error});
  }
}

function onlyMethod(method: string, request: IncomingMessage, response: ServerResponse): boolean {
  if (request.method === method) return true;
  response.setHeader('allow', method);
  answer(response, 405, {error: `use ${method}`, code: 'METHOD_NOT_ALLOWED'});
  return false;
}

function refuse(response: ServerResponse, error: unknown): void {
  const known =
    error instanceof SmError ? error : new SmError('INTERNAL', 'request could not be read');
  answer(response, known.httpStatus, {error: known.message, code: known.code});
}

function answer(response: ServerResponse, status: number, body: object): true {
  if (response.headersSent || response.destroyed) return true;
  response.writeHead(status, {'content-type': 'application/json'});
  response.end(JSON.stringify(body));
  return true;
}
