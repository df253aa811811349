/** The HTTP side of the daemon: one server with the admin API, probes and whatever is mounted beside them. */
import {randomUUID} from 'node:crypto';
import {createServer} from 'node:http';
import type {IncomingMessage, RequestListener, Server, ServerResponse} from 'node:http';
import {createServer as createTlsServer} from 'node:https';
import type {Socket} from 'node:net';
import Fastify from 'fastify';
import type {FastifyError, FastifyInstance} from 'fastify';
import {SmError} from '../../model/errors.ts';
import {BODY_LIMIT_BYTES} from '../../protocol/admin.ts';
import {guardAccess} from './access.ts';
import {addAdminRoutes} from './admin-api.ts';
import type {HttpDependencies} from './dependencies.ts';
import {bodyOf, sendFailure} from './failures.ts';
import {parseJsonBody} from './json-body.ts';
import {answerUnknown} from './methods.ts';
import {addDescription, addProbes} from './probes.ts';
import {limitRates} from './rate-limit.ts';
import {TLS_FLOOR} from './tokens.ts';

export const HEADER_LIMIT_BYTES = 16 * 1024;
export const HEADERS_TIMEOUT_MS = 10_000;
/** Time to receive a whole request; an answer may take longer. */
export const REQUEST_TIMEOUT_MS = 30_000;
export const KEEP_ALIVE_MS = 5_000;
export const CONNECTIONS_LIMIT = 1_000;
const CONNECTION_CHECK_MS = 5_000;
const CLOSE_LIMIT_MS = 5_000;

/** A server that is not listening yet: `await server.listen({host, port})`, `await server.close()`. */
export function buildHttp(dependencies: HttpDependencies): FastifyInstance {
  const {logger, version, mount} = dependencies;
  const server: FastifyInstance = Fastify({
    logger: false,
    bodyLimit: BODY_LIMIT_BYTES,
    exposeHeadRoutes: false,
    forceCloseConnections: 'idle',
    genReqId: () => randomUUID(),
    serverFactory: (handler) => createLimited(handler as RequestListener, dependencies),
    frameworkErrors: (error, request, reply) => sendFailure(error, request, reply, logger),
  });
  server.setErrorHandler<FastifyError | SmError>((error, request, reply) =>
    sendFailure(error, request, reply, logger),
  );
  server.removeAllContentTypeParsers();
  server.addContentTypeParser(
    'application/json',
    {parseAs: 'buffer'},
    async (_request: unknown, body: Buffer) => parseJsonBody(body),
  );
  answerUnknown(server);
  guardAccess(server, dependencies);
  limitRates(server, dependencies);
  let closing = false;
  server.addHook('preClose', async () => {
    closing = true;
    cutOff(server, dependencies.closeLimitMs ?? CLOSE_LIMIT_MS);
  });
  server.addHook('onSend', async (request, reply) => {
    if (closing) void reply.header('connection', 'close');
    void reply.header('x-request-id', request.id).header('x-content-type-options', 'nosniff');
    if (!reply.hasHeader('cache-control')) void reply.header('cache-control', 'no-store');
  });
  addProbes(server, dependencies);
  addAdminRoutes(server, dependencies);
  addDescription(server, version);
  mount?.(server);
  return server;
}

/** A caller that does not read its answer, as a stopped `sm top`, must not keep the daemon from ending. */
function cutOff({server}: FastifyInstance, limitMs: number): void {
  const timer = setTimeout(() => server.closeAllConnections(), limitMs);
  server.once('close', () => clearTimeout(timer));
}

function createLimited(
  handler: RequestListener,
  {tls, onTlsServer}: Pick<HttpDependencies, 'tls' | 'onTlsServer'>,
): Server {
  const limits = {
    maxHeaderSize: HEADER_LIMIT_BYTES,
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectionsCheckingInterval: CONNECTION_CHECK_MS,
  };
  const secure =
    tls === undefined ? undefined : createTlsServer({...limits, ...tls, ...TLS_FLOOR}, handler);
  if (secure !== undefined) onTlsServer?.(secure);
  const server: Server = secure ?? createServer(limits, handler);
  server.maxConnections = CONNECTIONS_LIMIT;
  server.on('clientError', answerMalformed);
  server.on('checkExpectation', answerExpectation);
  return server;
}

const MALFORMED: Readonly<Record<string, [string, SmError]>> = {
  HPE_HEADER_OVERFLOW: [
    '431 Request Header Fields Too Large',
    new SmError('INVALID_INPUT', `headers are larger than ${HEADER_LIMIT_BYTES} bytes`),
  ],
  ERR_HTTP_REQUEST_TIMEOUT: [
    '408 Request Timeout',
    new SmError('TIMEOUT', 'the request took too long to arrive'),
  ],
};
const BAD_REQUEST: [string, SmError] = [
  '400 Bad Request',
  new SmError('INVALID_INPUT', 'malformed HTTP request'),
];

/** Nor does one that expects what HTTP does not know. */
function answerExpectation(_request: IncomingMessage, response: ServerResponse): void {
  const problem = new SmError('INVALID_INPUT', 'the Expect header asks for what is not known');
  response.writeHead(417, {'content-type': 'application/json; charset=utf-8', connection: 'close'});
  response.end(JSON.stringify(bodyOf(problem, '')));
}

/** What Node cannot parse never reaches a route; the caller still gets our form of an error. */
function answerMalformed(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, problem] = MALFORMED[error.code ?? ''] ?? BAD_REQUEST;
  const body = JSON.stringify(bodyOf(problem, ''));
  const head = [
    `HTTP/1.1 ${status}`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}
