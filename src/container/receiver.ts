/**
 * The hint receiver of a process: a small HTTP server, or a handler for a server of the user's. Hints are only hints: the container acts on what
 * it reads in etcd. Who may call at all, `call-gate.ts` says.
 */
import {createServer} from 'node:http';
import type {IncomingMessage, Server, ServerResponse} from 'node:http';
import type {AddressInfo} from 'node:net';
import {SmError} from '../model/errors.ts';
import {textHash} from '../model/partitioned-map.ts';
import {bareHost, listenFault} from '../model/listen-fault.ts';
import {SIGNATURE_HEADER} from '../protocol/call-signature.ts';
import {HINT_PATHS, hintsRequest, shardHintRequest} from '../protocol/hints.ts';
import type {HoldingsAnswer} from '../protocol/hints.ts';
import {refuseInOurForm} from '../protocol/http-refusals.ts';
import {HEADER_LIMIT_BYTES} from '../protocol/limits.ts';
import {systemClock} from '../runtime/clock.ts';
import type {Clock} from '../runtime/clock.ts';
import {silentLogger} from '../runtime/log-port.ts';
import type {Logger} from '../runtime/log-port.ts';
import {provenCertificate} from '../runtime/tls.ts';
import {CallGate} from './call-gate.ts';
import type {Admitted, GateTarget} from './call-gate.ts';
import {
  CONNECTIONS_LIMIT,
  HEADERS_TIMEOUT_MS,
  KEEP_ALIVE_MS,
  NOTES_SHOWN,
  REQUEST_TIMEOUT_MS,
} from './limits.ts';
import {secureServer} from './receiver-tls.ts';
import type {ReceiverTls} from './receiver-tls.ts';

/** What the receiver asks of the containers of the process. */
export interface HintTarget extends GateTarget {
  readonly app: string;
  readonly container: string;
  readonly incarnation: string;
  hint(incarnation: string, shard: string, revision: number, record?: string): void;
  /** `withLoads`: also the loads of its shards and what the process takes. Default false. `isAsked`: of which shards. Default: of all. */
  holdings(
    withLoads?: boolean,
    isAsked?: (shard: string) => boolean,
  ): HoldingsAnswer['containers'][number];
  /** Why it is not ready; '' when it is. Ready ignores etcd outages shorter than T. */
  notReady(): string;
  /** What is wrong with single shards. */
  notes(): readonly string[];
}

/** Handles a request below /sm/admin/, /livez or /readyz; false when the path is not ours. */
export type HintHandler = (request: IncomingMessage, response: ServerResponse) => boolean;

/** `clock`: default that of the machine. */
export function hintHandler(
  targets: ReadonlySet<HintTarget>,
  clock: Pick<Clock, 'nowMs' | 'wallMs'> = systemClock(),
): HintHandler {
  const gate = new CallGate(
    () => clock.nowMs(),
    () => clock.wallMs(),
  );
  return (request, response) => {
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    if (path === LIVENESS) return answer(response, 200, {});
    if (path === READINESS) return answerReadiness(targets, response);
    if (!PATHS.has(path)) return false;
    const method = path === HINT_PATHS.shards ? 'GET' : 'POST';
    if (!onlyMethod(method, request, response)) return true;
    gate.admit(request, path, targets).then(
      (call) => receive(gate, call, request, path, response),
      (error: unknown) => refuse(response, error),
    );
    return true;
  };
}

const LIVENESS = '/livez';
const READINESS = '/readyz';

/** Its caller has shown a certificate of the authority. */
function isProven({socket}: IncomingMessage): boolean {
  return provenCertificate(socket) !== undefined;
}

function isProbe({url = ''}: IncomingMessage): boolean {
  const [path] = url.split('?', 1);
  return path === LIVENESS || path === READINESS;
}

const PATHS: ReadonlySet<string> = new Set(Object.values(HINT_PATHS));

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

/** `?incarnation=`: only that container's; a process may hold a hundred. `?load=1`: loads are sampled, too. `?part=2of7`: a seventh of the shards. */
function holdingsFor(
  targets: readonly HintTarget[],
  request: IncomingMessage,
): HoldingsAnswer['containers'] {
  const url = request.url ?? '';
  const wanted = /[?&]incarnation=([A-Za-z0-9_-]{1,80})(?:&|$)/.exec(url)?.[1];
  const withLoads = /[?&]load=1(?:&|$)/.test(url);
  return targets
    .filter(({incarnation}) => wanted === undefined || wanted === incarnation)
    .map((target) => target.holdings(withLoads, partOf(url)));
}

/** Which shards a question is about; undefined: all. */
function partOf(url: string): ((shard: string) => boolean) | undefined {
  const [, part, parts] = /[?&]part=(\d{1,4})of(\d{1,4})(?:&|$)/.exec(url) ?? [];
  if (part === undefined || Number(parts) === 0) return undefined;
  return (shard) => textHash(shard) % Number(parts) === Number(part);
}

function receive(
  gate: CallGate,
  call: Admitted<HintTarget>,
  request: IncomingMessage,
  path: string,
  response: ServerResponse,
): void {
  try {
    const [status, body] = answerTo(gate, call, request, path);
    const text = JSON.stringify(body);
    const signature = call.signAnswer(status, text);
    if (signature !== undefined) response.setHeader(SIGNATURE_HEADER, signature);
    send(response, status, text);
  } catch (error) {
    refuse(response, error);
  }
}

function answerTo(
  gate: CallGate,
  {targets, body, signed}: Admitted<HintTarget>,
  request: IncomingMessage,
  path: string,
): [number, object] {
  if (path === HINT_PATHS.shards) return [200, {containers: holdingsFor(targets, request)}];
  const said = jsonOf(body);
  const looksAt = (): boolean => signed || gate.takesShard();
  if (path === HINT_PATHS.hints) {
    const {app, incarnation, items} = checked(hintsRequest.safeParse(said));
    const here = targets.filter((one) => one.app === app && one.incarnation === incarnation);
    for (const target of here)
      for (const {shard, revision, record} of items)
        if (looksAt()) target.hint(incarnation, shard, revision, record);
    return [202, {accepted: here.length === 0 ? 0 : items.length, atMs: Date.now()}];
  }
  const {
    id,
    incarnation,
    revision = Number.MAX_SAFE_INTEGER,
  } = checked(shardHintRequest.safeParse(said));
  for (const target of targets) {
    if (incarnation !== undefined && incarnation !== target.incarnation) continue;
    if (looksAt()) target.hint(target.incarnation, id, revision);
  }
  return [200, {}];
}

/** @throws SmError INVALID_INPUT. */
function checked<T>(parsed: {success: true; data: T} | {success: false; error: Error}): T {
  if (parsed.success) return parsed.data;
  throw new SmError('INVALID_INPUT', parsed.error.message);
}

export interface ReceiverOptions {
  readonly bind: string;
  readonly port: number;
  /** Default: HTTP. */
  readonly tls?: ReceiverTls | undefined;
  readonly logger?: Logger;
}

/** Opens a receiver for the targets. @throws SmError PORT_TAKEN, INVALID_INPUT (an address that is not of this machine, or a certificate that cannot be used). */
export async function openReceiver(
  targets: ReadonlySet<HintTarget>,
  {bind, port, tls, logger = silentLogger}: ReceiverOptions,
): Promise<{port: number; close(): Promise<void>}> {
  const handler = hintHandler(targets);
  const limits = {maxHeaderSize: HEADER_LIMIT_BYTES};
  const respond = (request: IncomingMessage, response: ServerResponse): void => {
    if (tls?.clientCa !== undefined && !isProbe(request) && !isProven(request))
      return refuse(response, new SmError('UNAUTHENTICATED', 'show a client certificate'));
    if (!handler(request, response)) answer(response, 404, {error: 'not found', code: 'NOT_FOUND'});
  };
  const server =
    tls === undefined
      ? createServer(limits, respond)
      : await secureServer(tls, {limits, handler: respond, logger});
  refuseInOurForm(server);
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.maxConnections = CONNECTIONS_LIMIT;
  server.keepAliveTimeout = KEEP_ALIVE_MS;
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

function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
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
  // By our clock the next call can be signed for the right time.
  const clock = known.code === 'UNAUTHENTICATED' ? {atMs: Date.now()} : {};
  answer(response, known.httpStatus, {error: known.message, code: known.code, ...clock});
}

function answer(response: ServerResponse, status: number, body: object): true {
  send(response, status, JSON.stringify(body));
  return true;
}

function send(response: ServerResponse, status: number, text: string): void {
  if (response.headersSent || response.destroyed) return;
  // What was not read of a refused call must not be taken for the next one.
  const close = status >= 400 ? {connection: 'close'} : {};
  response.writeHead(status, {'content-type': 'application/json', ...close});
  response.end(text);
}
