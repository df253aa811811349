/** The HTTP side of the daemon: one server with the admin API, probes and whatever is mounted beside them. */
import {randomUUID} from 'node:crypto';
import {createServer} from 'node:http';
import type {RequestListener, Server} from 'node:http';
import {createServer as createTlsServer} from 'node:https';
import Fastify from 'fastify';
import type {FastifyError, FastifyInstance} from 'fastify';
import {SmError} from '../../model/errors.ts';
import {bareHost, listenFault} from '../../model/listen-fault.ts';
import {descriptorShare} from '../../runtime/descriptors.ts';
import {BODY_LIMIT_BYTES} from '../../protocol/admin.ts';
import {refuseInOurForm} from '../../protocol/http-refusals.ts';
import {Access, grantOf} from './access.ts';
import {addAdminRoutes} from './admin-api.ts';
import type {HttpDependencies} from './dependencies.ts';
import {quoted, sendFailure} from './failures.ts';
import {jsonText} from './json-text.ts';
import {addDescription, addProbes} from './probes.ts';
import {HeavyBodies} from './heavy-bodies.ts';
import {HeavyCalls} from './heavy-calls.ts';
import {limitRates} from './rate-limit.ts';
import {RefusedCalls} from './refused-calls.ts';
import {TLS_FLOOR} from '../../runtime/tls.ts';
import {
  CLOSE_LIMIT_MS,
  CONNECTIONS_LIMIT,
  CONNECTIONS_SHARE,
  CONNECTION_CHECK_MS,
  HEADERS_TIMEOUT_MS,
  KEEP_ALIVE_MS,
  REQUEST_TIMEOUT_MS,
} from './limits.ts';
import {HEADER_LIMIT_BYTES} from '../../protocol/limits.ts';

/** A server that is not listening yet: `await server.listen({host, port})`, `await server.close()`. */
export function buildHttp(dependencies: HttpDependencies): FastifyInstance {
  const {logger, version, mount} = dependencies;
  const server: FastifyInstance = Fastify({
    logger: false,
    bodyLimit: BODY_LIMIT_BYTES,
    exposeHeadRoutes: false,
    // Its answer is not in our form, and would be taken for that of a proxy.
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    genReqId: () => randomUUID(),
    rewriteUrl: ({url = '/'}) => withoutSlash(url),
    serverFactory: (handler) => createLimited(handler as RequestListener, dependencies),
    frameworkErrors: (error, request, reply) => sendFailure(error, request, reply, logger),
  });
  const refused = new RefusedCalls(logger, dependencies.refused);
  server.setErrorHandler<FastifyError | SmError>((error, request, reply) => {
    refused.note(request, grantOf(request).name, error);
    sendFailure(error, request, reply, logger);
  });
  server.setReplySerializer(jsonText);
  const heavy = new HeavyCalls();
  const bodies = new HeavyBodies((request) => heavy.turnOf(request));
  server.removeAllContentTypeParsers();
  server.addContentTypeParser(
    'application/json',
    {parseAs: 'buffer'},
    (request: object, body: Buffer) => bodies.read(request, body),
  );
  answerUnknown(server);
  let closing = false;
  server.addHook('onRequest', (_request, _reply, done) => done(closing ? isClosing() : undefined));
  const access = new Access(dependencies);
  access.guard(server);
  limitRates(server, dependencies);
  heavy.limit(server, dependencies);
  server.addHook('preClose', async () => {
    closing = true;
    refused.flush();
    cutOff(server, dependencies.closeLimitMs ?? CLOSE_LIMIT_MS);
  });
  server.addHook('onSend', async (request, reply) => {
    if (closing) void reply.header('connection', 'close');
    void reply.header('x-request-id', request.id).header('x-content-type-options', 'nosniff');
    if (!reply.hasHeader('cache-control')) void reply.header('cache-control', 'no-store');
  });
  addProbes(server, dependencies);
  addAdminRoutes(server, dependencies, access, bodies);
  addDescription(server, version);
  mount?.(server);
  return server;
}

/** @throws SmError PORT_TAKEN; INVALID_CONFIG for an address that is not of this machine or a port that this user may not use. */
export async function listen(
  http: FastifyInstance,
  {host, port}: {readonly host: string; readonly port: number},
): Promise<void> {
  try {
    await http.listen({host: bareHost(host), port});
  } catch (error) {
    throw listenFault(error, {host, port, hostKey: 'host', portKey: 'port'});
  }
}

/** The Go project's server redirects calls with a slash at the end of the path; a call with a body does not survive that everywhere. */
function withoutSlash(url: string): string {
  const [path = '', ...query] = url.split('?');
  if (!/^\/sm\/.*[^/]\/$/.test(path)) return url;
  return [path.slice(0, -1), ...query].join('?');
}

/** A caller that does not read its answer, as a stopped `sm top`, must not keep the daemon from ending. */
function cutOff({server}: FastifyInstance, limitMs: number): void {
  // One that never listened has nobody to cut off, and tells nobody that it has closed.
  if (!server.listening) return;
  const timer = setTimeout(() => server.closeAllConnections(), limitMs);
  server.once('close', () => clearTimeout(timer));
}

function createLimited(
  handler: RequestListener,
  {
    tls,
    onTlsServer,
    connectionRefused,
  }: Pick<HttpDependencies, 'tls' | 'onTlsServer' | 'connectionRefused'>,
): Server {
  const limits = {
    maxHeaderSize: HEADER_LIMIT_BYTES,
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectionsCheckingInterval: CONNECTION_CHECK_MS,
  };
  // Who shows none is refused by the route: probes must get through.
  const asking = tls?.ca === undefined ? {} : {requestCert: true, rejectUnauthorized: false};
  const secure =
    tls === undefined
      ? undefined
      : createTlsServer(
          {...limits, ...tls, key: tls.key.reveal(), ...asking, ...TLS_FLOOR},
          handler,
        );
  if (secure !== undefined) onTlsServer?.(secure);
  const server: Server = secure ?? createServer(limits, handler);
  server.maxConnections = Math.min(CONNECTIONS_LIMIT, descriptorShare(CONNECTIONS_SHARE));
  if (connectionRefused !== undefined) server.on('drop', () => connectionRefused());
  refuseInOurForm(server);
  return server;
}

function isClosing(): SmError {
  return new SmError('SERVER_UNAVAILABLE', 'this daemon is shutting down', {
    hint: 'nothing was done: call another daemon, or this one once it runs again',
    retryable: true,
  });
}

/** 404 for unknown paths, 405 with an Allow header for known ones. Must be called before routes are added. */
function answerUnknown(server: FastifyInstance): void {
  const methodsByPath = new Map<string, Set<string>>();
  server.addHook('onRoute', ({url, method}) => {
    const methods = methodsByPath.get(url) ?? new Set<string>();
    for (const one of Array.isArray(method) ? method : [method]) methods.add(one);
    methodsByPath.set(url, methods);
  });
  server.setNotFoundHandler(async (request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '';
    const allowed = [...(methodsByPath.get(path) ?? [])];
    if (allowed.length === 0)
      throw new SmError('NOT_FOUND', `no such path: ${quoted(path)}`, {
        hint: '/openapi.json of the daemon lists all paths',
      });
    void reply.header('allow', allowed.join(', '));
    throw notAllowed(request.method, path, allowed);
  });
}

function notAllowed(method: string, path: string, allowed: readonly string[]): SmError {
  const hint = allowed.includes('POST')
    ? `POST ${path} with Content-Type: application/json`
    : `use ${allowed.join(' or ')}`;
  return new SmError('METHOD_NOT_ALLOWED', `${method} is not allowed here`, {hint});
}
