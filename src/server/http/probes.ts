/** Paths for machines: liveness, readiness, metrics, the API's description. */
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type {FastifyInstance} from 'fastify';
import type {HttpDependencies} from './dependencies.ts';
import {openApiDocument} from './openapi.ts';

export function addProbes(
  server: FastifyInstance,
  {readiness, metrics}: Pick<HttpDependencies, 'readiness' | 'metrics'>,
): void {
  server.get('/livez', async () => ({status: 'ok'}));
  server.get('/readyz', async (_request, reply) => {
    const {ready, reason} = readiness();
    void reply.code(ready ? 200 : 503);
    return {status: ready ? 'ok' : 'not ready', reason};
  });
  server.get('/metrics', async (_request, reply) => {
    void reply.type(metrics.contentType);
    return metrics.metrics();
  });
}

export function addDescription(server: FastifyInstance, version: string): void {
  const document = openApiDocument(version);
  server.get('/openapi.json', async () => document);
  // The page's plugin types the document by OpenAPI 3.0; ours is made as plain JSON.
  const specification = {document: document as never};
  void server.register(swagger, {mode: 'static', specification});
  void server.register(swaggerUi, {routePrefix: '/swagger', staticCSP: true});
}
