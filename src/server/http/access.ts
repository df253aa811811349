/** Who may call what: Host allow-list, then whose token or certificate it is, then the right that the route needs. */
import type {FastifyInstance, FastifyRequest} from 'fastify';
import {LOCAL_GRANT, mayDo, sees} from '../../model/access.ts';
import type {Grant} from '../../model/access.ts';
import {SmError} from '../../model/errors.ts';
import {routeRows} from '../../protocol/admin-routes.ts';
import type {RouteRow} from '../../protocol/admin-routes.ts';
import {HINT_PATHS} from '../../protocol/hints.ts';
import {Authenticator} from './authentication.ts';
import {certificateNames, grantOfNames} from './client-certificates.ts';
import type {HttpDependencies} from './dependencies.ts';
import {bearerOf} from './tokens.ts';

const NO_TOKEN_FIX =
  'pass --token-file or set SM_TOKEN_FILE; an administrator makes one: sm token create NAME --role ROLE';
const WRONG_TOKEN_FIX =
  'it was revoked, or its line never stood in the file that auth.tokenFile of this daemon names: ask an administrator for another one: sm token create NAME --role ROLE';
const NO_CERTIFICATE_FIX = 'pass --cert-file and --key-file';

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

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What a route of the table needs; all other routes are of the whole cluster. */
    needs?: RouteRow;
  }
}

const grants = new WeakMap<FastifyRequest, Grant>();

/** What the caller may do; everything where no token is asked for. */
export function grantOf(request: FastifyRequest): Grant {
  return grants.get(request) ?? LOCAL_GRANT;
}

type AccessDependencies = Pick<HttpDependencies, 'tokens' | 'allowedHosts' | 'clients'>;

/** Whose calls are let in, and whether that still holds later. */
export class Access {
  readonly #dependencies: AccessDependencies;
  readonly #tokens: Authenticator | undefined;

  constructor(dependencies: AccessDependencies) {
    this.#dependencies = dependencies;
    const {tokens} = dependencies;
    this.#tokens = tokens === 'none' ? undefined : new Authenticator(tokens);
  }

  /** Whether the grant of a call that was let in still stands. */
  stands(grant: Grant): boolean {
    if (!('text' in grant)) return true;
    if ('secret' in grant) return this.#tokens?.stands(grant) ?? false;
    const lines = this.#dependencies.clients?.() ?? [];
    return lines.some(({text}) => text === grant.text);
  }

  /** Refuses what may not call, before anything of the request is read. */
  guard(server: FastifyInstance): void {
    server.addHook('onRequest', (request) => this.#check(request));
  }

  async #check(request: FastifyRequest): Promise<void> {
    const {allowedHosts} = this.#dependencies;
    // A page of another site that rebinds its name to our address still sends its own name.
    if (allowedHosts !== 'any' && !allowedHosts.includes(hostName(request))) {
      throw new SmError('FORBIDDEN', 'the Host header names another host', {
        hint: 'call the daemon at the address that it advertises',
      });
    }
    if (isOpen(request)) return;
    const grant = await this.#grant(request);
    grants.set(request, grant);
    refuseByRoute(request, grant);
  }

  /** @throws SmError UNAUTHENTICATED, RATE_LIMITED. */
  async #grant(request: FastifyRequest): Promise<Grant> {
    const given = bearerOf(request.headers.authorization);
    const {clients} = this.#dependencies;
    if (clients !== undefined) {
      const names = certificateNames(request.raw.socket);
      if (names === undefined)
        throw unauthenticated('a client certificate is needed', NO_CERTIFICATE_FIX);
      if (given === undefined || this.#tokens === undefined) return grantOfNames(names, clients());
    }
    if (this.#tokens === undefined) return LOCAL_GRANT;
    if (given === undefined) throw unauthenticated('a bearer token is needed', NO_TOKEN_FIX);
    const grant = await this.#tokens.grantOf(given, request.ip);
    if (grant === undefined)
      throw unauthenticated('the bearer token is not valid', WRONG_TOKEN_FIX);
    return grant;
  }
}

/** A path that needs no token. */
export function isOpen(request: FastifyRequest): boolean {
  const path = request.routeOptions.url ?? '';
  return OPEN_PATHS.has(path) || path === '/swagger' || path.startsWith('/swagger/');
}

/** What can be said before the body is read. @throws SmError FORBIDDEN. */
function refuseByRoute(request: FastifyRequest, grant: Grant): void {
  const {needs} = request.routeOptions.config;
  // A path that does not exist is 404 for everybody who may call.
  if (request.routeOptions.url === undefined) return;
  const {right, scope} = needs ?? {right: 'view', scope: 'cluster'};
  if (!mayDo(grant.role, right))
    throw new SmError(
      'FORBIDDEN',
      `${grant.name} has the role ${grant.role}; this call needs the role ${right}`,
      {
        hint: `use a token with the role ${right}: sm token create NAME --role ${right}`,
      },
    );
  if (scope === 'cluster' && grant.apps !== 'all') throw ofOtherApps(grant);
}

/** @throws SmError FORBIDDEN, whether there is such an app or not. */
export function refuseOtherApp(request: FastifyRequest, input: unknown): void {
  const grant = grantOf(request);
  if (grant.apps === 'all') return;
  const {service} = input as {service?: unknown};
  if (typeof service === 'string' && !sees(grant.apps, service)) throw ofOtherApps(grant);
}

function ofOtherApps({name, apps}: Grant): SmError {
  const patterns = apps === 'all' ? '' : apps.join(', ');
  return new SmError('FORBIDDEN', `${name} is limited to apps ${patterns}`, {
    hint: 'use a token that is not limited, or one of that app',
  });
}

function unauthenticated(message: string, hint: string): SmError {
  return new SmError('UNAUTHENTICATED', message, {hint});
}

/** Name of the Host header without the port, lower case; IPv6 with its brackets. */
function hostName(request: FastifyRequest): string {
  const host = (request.headers.host ?? '').toLowerCase();
  return /^(\[[0-9a-f:.%]+\]|[^:[\]]*)(?::\d{1,5})?$/.exec(host)?.[1] ?? '';
}
