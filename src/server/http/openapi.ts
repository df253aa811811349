/** The OpenAPI document of the admin API, made from the route table. */
import * as z from 'zod';
import {adminRoutes, errorAnswer} from '../../protocol/admin.ts';
import type {AdminRoute, ChangedObject} from '../../protocol/admin.ts';

type JsonObject = Record<string, unknown>;

const FAILURES: Readonly<Record<number, string>> = {
  400: 'Bad input',
  401: 'A bearer token is needed',
  403: 'The token lacks the right, or does not include the app',
  404: 'Unknown app, shard or container',
  405: 'Another method is needed',
  409: 'Conflict with what is there',
  413: 'The body is too large',
  415: 'The body is not JSON, or has a Content-Encoding',
  429: 'Too many calls; Retry-After says when to call again',
  503: 'The store cannot be reached, or the daemon is shutting down or has too much to do; try again',
};

/** Only a request with a body meets them. */
const OF_BODIES: ReadonlySet<string> = new Set(['413', '415']);

/** OpenAPI 3.1, whose schemas are JSON Schema 2020-12 as zod prints it. */
export function openApiDocument(version: string): JsonObject {
  const paths: Record<string, JsonObject> = {};
  for (const [operation, route] of Object.entries(adminRoutes) as [string, AdminRoute][]) {
    const path = (paths[route.path] ??= {});
    path[route.method.toLowerCase()] = operationObject(operation, route);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'sm admin API',
      version,
      description: 'Administration of apps, shards and containers. Any daemon answers any request.',
    },
    security: [{}, {bearer: []}],
    paths,
    components: {
      schemas: {Error: schemaOf(errorAnswer, 'output')},
      securitySchemes: {bearer: {type: 'http', scheme: 'bearer'}},
    },
  };
}

function operationObject(operationId: string, route: AdminRoute): JsonObject {
  const type = route.stream ? 'text/event-stream' : 'application/json';
  const schema = schemaOf(route.answer, 'output');
  const responses: JsonObject = {200: {description: 'Done', content: {[type]: {schema}}}};
  const failure = {'application/json': {schema: {$ref: '#/components/schemas/Error'}}};
  for (const [status, description] of Object.entries(FAILURES)) {
    if (route.method === 'GET' && OF_BODIES.has(status)) continue;
    responses[status] = {description, content: failure};
  }
  const {summary, tag} = route;
  const description = `${whatChanges(route)} ${whatIsNeeded(route)}`;
  return {operationId, summary, description, tags: [tag], ...inputOf(route), responses};
}

const CHANGED: Readonly<Record<ChangedObject, string>> = {
  app: 'the spec of an app',
  shard: 'specs of shards',
  worker: 'a worker group',
  container: 'orders for a container',
  apply: 'the marker under which a file is applied',
  store: 'the record of the trusted etcd',
  any: 'what the change to be undone has changed',
};

function whatChanges({changes}: AdminRoute): string {
  if (changes === 'nothing') return 'Changes nothing.';
  return `Changes ${CHANGED[changes]}; every change leaves an audit entry.`;
}

const SCOPES: Readonly<Record<AdminRoute['scope'], string>> = {
  app: 'for that app',
  list: 'and shows the apps that the token may see',
  cluster: 'for all apps',
};

function whatIsNeeded({right, scope}: AdminRoute): string {
  return `Needs the role ${right} ${SCOPES[scope]}.`;
}

function inputOf(route: AdminRoute): JsonObject {
  const schema = schemaOf(route.request, 'input');
  if (route.method === 'POST') {
    return {requestBody: {required: true, content: {'application/json': {schema}}}};
  }
  const required = new Set((schema['required'] as string[] | undefined) ?? []);
  const properties = (schema['properties'] ?? {}) as Record<string, JsonObject>;
  const parameters = Object.entries(properties).map(([name, field]) => ({
    name,
    in: 'query',
    required: required.has(name),
    schema: field,
  }));
  return parameters.length === 0 ? {} : {parameters};
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): JsonObject {
  const printed = z.toJSONSchema(schema, {io, unrepresentable: 'any'}) as JsonObject;
  // OpenAPI 3.1 names the dialect once for the whole document.
  delete printed['$schema'];
  return printed;
}
