/** Who may call what: Host allow-list and bearer tokens. */
import type {FastifyInstance, FastifyRequest} from 'fastify';
import {SmError} from '../../model/errors.ts';
import {routeRows} from '../../protocol/admin-routes.ts';
import {HINT_PATHS} from '../../protocol/hints.ts';
import type {HttpDependencies} from './dependencies.ts';
import {bearerOf, nameOfToken} from './tokens.ts';

/**
 * Paths that need no token: probes, the API's description, and hints, which do nothing but cause a look at a record.
 */
const OPEN_PATHS: ReadonlySet<string> = new Set([
  '/livez',
  '/readyz',
  '/openapi.json',
  routeRows.health.path,
  HINT_PATHS.hints,
  HINT_PATHS.addShard,
  HINT_PATHS.dropShard,
]);

const names = new WeakMap<FastifyRequest, string>();

/** Name of the caller's token; `local` where none is asked for. */
export function whoCalls(request: FastifyRequest): string {
  return names.get(request) ?? 'local';
}

/** Refuses what may not call, before anything of the request is read. */
export function guardAccess(
  server: FastifyInstance,
  {tokens, allowedHosts}: Pick<HttpDependencies, 'tokens' | 'allowedHosts'>,
): void {
  server.addHook('onRequest', (request, _reply, done) => {
    // A page of another site that rebinds its name to our address still sends its own name.
    if (allowedHosts !== 'any' && !allowedHosts.includes(hostName(request))) {
      done(
        new SmError('FORBIDDEN', 'the Host header names another host', {
          hint: 'call the daemon by the address it advertises',
        }),
      );
      return;
    }
    if (tokens === 'none' || isOpen(request)) done();
    else done(tokenProblem(request, tokens()));
  });
}

/** A path that needs no token. */
export function isOpen(request: FastifyRequest): boolean {
  const path = request.routeOptions.url ?? '';
  return OPEN_PATHS.has(path) || path === '/swagger' || path.startsWith('/swagger/');
}

function tokenProblem(request: FastifyRequest, valid: readonly string[]): SmError | undefined {
  const given = bearerOf(request.headers.authorization);
  const name = given === undefined ? undefined : nameOfToken(given, valid);
  if (name !== undefined) {
    names.set(request, name);
    return undefined;
  }
  const message =
    given === undefined ? 'a bearer token is needed' : 'the bearer token is not valid';
  return new SmError('UNAUTHENTICATED', message, {hint: 'pass --token-file or set SM_TOKEN_FILE'});
}

/** Name of the Host header without the port, lower case; IPv6 with its brackets. */
function hostName(request: FastifyRequest): string {
  const host = (request.headers.host ?? '').toLowerCase();
  return /^(\[[0-9a-f:.%]+\]|[^:[\]]*)(?::\d{1,5})?$/.exec(host)?.[1] ?? '';
}
