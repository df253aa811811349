/** The admin routes: check the input, call the handler, send the answer. */
import type {FastifyInstance, FastifyReply, FastifyRequest} from 'fastify';
import type {Grant} from '../../model/access.ts';
import {SmError} from '../../model/errors.ts';
import {adminRoutes, revisionField} from '../../protocol/admin.ts';
import type {AdminRequest, AdminRoute} from '../../protocol/admin.ts';
import {runToEnd} from '../../model/steps.ts';
import {grantOf, refuseOtherApp} from './access.ts';
import type {Access} from './access.ts';
import type {AnsweringOperation, Caller, HttpDependencies} from './dependencies.ts';
import {sendEvents} from './event-stream.ts';
import {badRequest, knownKeysHint, notJson, quoted} from './failures.ts';
import type {HeavyBodies} from './heavy-bodies.ts';
import {onceGone} from './hung-up.ts';
import {OpenStreams} from './open-streams.ts';
import {parseSteps} from './long-lists.ts';
import {isListAt, keysAt} from './schema-keys.ts';

type AnyHandler = (request: unknown, caller: Caller) => Promise<unknown>;

export function addAdminRoutes(
  server: FastifyInstance,
  {
    admin,
    logger,
    tokens,
    onTokensChanged,
  }: Pick<HttpDependencies, 'admin' | 'logger' | 'tokens' | 'onTokensChanged'>,
  access: Access,
  bodies: HeavyBodies,
): void {
  const callers = new Callers();
  onTokensChanged?.(() => callers.endUnless((grant) => access.stands(grant)));
  server.addHook('preClose', (done) => {
    callers.close();
    done();
  });
  for (const [operation, route] of Object.entries(adminRoutes) as [string, AdminRoute][]) {
    if (route.stream || operation === 'health') continue;
    // The table and the handlers have the same keys by type; the loop cannot show it.
    const handle = admin[operation as AnsweringOperation] as AnyHandler;
    addRoute(server, route, async (request, reply) => {
      const caller = callerOf(request, reply, callers);
      const input = await bodies.check(request, inputSteps(route, request));
      return handle(input, caller);
    });
  }
  addRoute(server, adminRoutes.health, async () => ({msg: 'success'}));
  addStreams(server, admin, callers, {logger, open: new OpenStreams(tokens !== 'none')});
}

function addRoute(
  server: FastifyInstance,
  route: AdminRoute,
  handler: (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>,
): void {
  const {method, path, bodyLimitBytes, changes} = route;
  server.route({
    config: {needs: route},
    method,
    url: path,
    bodyLimit: bodyLimitBytes,
    exposeHeadRoute: false,
    onRequest: (request, _reply, done) =>
      done(method === 'GET' ? undefined : codingProblem(request)),
    // Without a body no parser runs, and a form of another site could do the change.
    preValidation: (request, _reply, done) =>
      done(changes === 'nothing' ? undefined : mediaProblem(request)),
    handler,
  });
}

function addStreams(
  server: FastifyInstance,
  admin: HttpDependencies['admin'],
  callers: Callers,
  {logger, open}: {logger: HttpDependencies['logger']; open: OpenStreams},
): void {
  const counted = (route: AdminRoute, send: StreamSender): void =>
    addRoute(server, route, async (request, reply) => {
      const close = open.begin(grantOf(request).name);
      try {
        await send(request, reply, callerOf(request, reply, callers));
      } catch (error) {
        // The answer has begun: nobody else would hear of a bug.
        if (reply.sent && !(error instanceof SmError))
          logger.error({err: error, requestId: request.id, path: route.path}, 'stream failed');
        if (!reply.sent) throw error;
      } finally {
        close();
      }
    });
  const {movesStream, eventsStream, liveStream} = adminRoutes;
  counted(movesStream, async (request, reply, caller) => {
    const input = inputOf(movesStream, request) as AdminRequest<'movesStream'>;
    const events = admin.movesStream({...input, ...resumed(request)}, caller);
    await sendEvents(reply, events, ({revision}) => revision, caller.signal);
  });
  counted(eventsStream, async (request, reply, caller) => {
    const input = inputOf(eventsStream, request) as AdminRequest<'eventsStream'>;
    const events = admin.eventsStream({...input, ...resumed(request)}, caller);
    await sendEvents(reply, events, ({revision}) => revision, caller.signal);
  });
  counted(liveStream, async (request, reply, caller) => {
    const input = inputOf(liveStream, request) as AdminRequest<'liveStream'>;
    const events = oneByOne(admin.liveStream(input, lastEventId(request), caller));
    await sendEvents(reply, events, (event) => ('id' in event ? event.id : ''), caller.signal);
  });
}

/** Rows of a large app are many messages: each waits until the caller has read the one before. */
async function* oneByOne<T>(items: AsyncIterable<T>): AsyncGenerator<readonly T[]> {
  for await (const item of items) yield [item];
}

type StreamSender = (request: FastifyRequest, reply: FastifyReply, caller: Caller) => Promise<void>;

/** @throws SmError INVALID_INPUT: to begin now would leave out what the caller has not seen. */
function resumed(request: FastifyRequest): {after?: string} {
  const last = lastEventId(request);
  if (last === '') return {};
  if (revisionField.safeParse(last).success) return {after: last};
  throw new SmError(
    'INVALID_INPUT',
    `the header Last-Event-ID is not a revision: ${quoted(last)}`,
    {
      hint: 'send the id of the last event that came, or leave the header out: the stream begins now',
    },
  );
}

function lastEventId(request: FastifyRequest): string {
  const last = request.headers['last-event-id'];
  return typeof last === 'string' ? last : '';
}

/**
 * Query string for GET; body for POST, to which a query string may add what it lacks (the origin's del-spec). What the query string of a GET holds besides
 * is ignored, as elsewhere; what is sent to a call with a body is what somebody has written for us.
 */
function inputOf(route: AdminRoute, request: FastifyRequest): unknown {
  return runToEnd(inputSteps(route, request));
}

function* inputSteps(route: AdminRoute, request: FastifyRequest): Generator<undefined, unknown> {
  const {where, given} = givenInput(route, request);
  const result = yield* parseSteps(route.request, given);
  if (!result.success) throw badRequest(where, result.error, route.request);
  refuseOtherApp(request, result.data);
  return result.data;
}

function givenInput(
  route: AdminRoute,
  request: FastifyRequest,
): {readonly where: 'query' | 'body'; readonly given: Record<string, unknown>} {
  const query = request.query as Record<string, unknown>;
  const known = keysAt(route.request, []);
  const repeated = known.find((key) => Array.isArray(query[key]) && !isListAt(route.request, key));
  if (repeated !== undefined)
    throw new SmError('INVALID_INPUT', `query: ${repeated} is given more than once`, {
      hint: `give ${repeated} once`,
    });
  if (route.method === 'GET') return {where: 'query', given: knownOf(known, query)};
  const unknown = Object.keys(query).find((key) => !known.includes(key));
  if (unknown !== undefined)
    throw new SmError('INVALID_INPUT', `query: unknown key ${quoted(unknown)}`, {
      hint: knownKeysHint(known),
    });
  const body = request.body ?? {};
  if (typeof body !== 'object' || Array.isArray(body)) {
    throw new SmError('INVALID_INPUT', 'body must be a JSON object', {
      hint: 'send one JSON object',
    });
  }
  return {where: 'body', given: {...query, ...body}};
}

function knownOf(
  known: readonly string[],
  query: Record<string, unknown>,
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(query).filter(([key]) => known.includes(key)));
}

/** The origin's del-spec has neither body nor type. A page of another site sends its origin with what it posts. */
function mediaProblem({headers}: FastifyRequest): SmError | undefined {
  const type = headers['content-type'] ?? '';
  const hasBody =
    headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
  if (type === '' && !hasBody && headers.origin === undefined) return undefined;
  if (/^application\/json *(;|$)/i.test(type)) return undefined;
  return notJson();
}

/** Bodies are small, and a packed one could be large beyond its limit. */
function codingProblem({headers}: FastifyRequest): SmError | undefined {
  const coding = headers['content-encoding'] || 'identity';
  if (coding.toLowerCase() === 'identity') return undefined;
  return new SmError('UNSUPPORTED_MEDIA_TYPE', `the body has the coding ${quoted(coding)}`, {
    hint: 'send it as it is, without Content-Encoding',
  });
}

/**
 * Whoever listens: all are called when the server closes, and those of a token when it is revoked. Not by AbortSignal.any with one signal for
 * the whole server: such a signal keeps something of every other that was ever made from it.
 */
class Callers {
  private readonly listening = new Map<AbortController, Grant>();
  private closed = false;

  /** Aborted when the answer has been sent, the caller hangs up or loses its right, or the server closes. */
  signalFor(reply: FastifyReply, grant: Grant): AbortSignal {
    const gone = new AbortController();
    if (this.closed) gone.abort();
    this.listening.set(gone, grant);
    onceGone(reply.raw, () => {
      this.listening.delete(gone);
      gone.abort();
    });
    return gone.signal;
  }

  endUnless(stands: (grant: Grant) => boolean): void {
    for (const [gone, grant] of this.listening) if (!stands(grant)) gone.abort();
  }

  close(): void {
    this.closed = true;
    for (const gone of this.listening.keys()) gone.abort();
  }
}

function callerOf(request: FastifyRequest, reply: FastifyReply, callers: Callers): Caller {
  const grant = grantOf(request);
  return {
    address: request.ip,
    requestId: request.id,
    who: grant.name,
    apps: grant.apps,
    signal: callers.signalFor(reply, grant),
  };
}
