/** Paths for machines: liveness, readiness, metrics, the API's description. */
import {existsSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type {FastifyInstance} from 'fastify';
import type {HttpDependencies} from './dependencies.ts';
import {openApiDocument} from './openapi.ts';

export function addProbes(
  server: FastifyInstance,
  {readiness, metrics}: Pick<HttpDependencies, 'readiness' | 'metrics'>,
): void {
  // Checks of load balancers ask by HEAD.
  const asked = {exposeHeadRoute: true};
  server.get('/livez', asked, async () => ({status: 'ok'}));
  server.get('/readyz', asked, async (_request, reply) => {
    const {ready, reason} = readiness();
    void reply.code(ready ? 200 : 503);
    return {status: ready ? 'ok' : 'not ready', reason};
  });
  server.get('/metrics', asked, async (_request, reply) => {
    void reply.type(metrics.contentType);
    return metrics.metrics();
  });
}

/** The page's files lie beside the bundles; from source its package finds them itself. */
function shippedPage(): {baseDir?: string; logo?: {type: string; content: Buffer}} {
  const baseDir = fileURLToPath(new URL('../swagger-ui', import.meta.url));
  if (!existsSync(baseDir)) return {};
  const content = readFileSync(join(baseDir, 'logo.svg'));
  return {baseDir, logo: {type: 'image/svg+xml', content}};
}

export function addDescription(server: FastifyInstance, version: string): void {
  // Made when somebody asks for it: it takes longer than the rest of the routes, and few ask.
  let made: object | undefined;
  const document = {toJSON: () => (made ??= openApiDocument(version))};
  server.get('/openapi.json', async () => document);
  // The page's plugin types the document by OpenAPI 3.0; ours is made as plain JSON.
  const specification = {document: document as never};
  void server.register(swagger, {mode: 'static', specification});
  // Where the Go project's server has the page.
  server.get('/swagger/index.html', async (_request, reply) => reply.redirect('/swagger/'));
  void server.register(swaggerUi, {routePrefix: '/swagger', staticCSP: true, ...shippedPage()});
}
