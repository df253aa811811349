/** 404 for unknown paths, 405 with an Allow header for known ones. */
import type {FastifyInstance} from 'fastify';
import {SmError} from '../../model/errors.ts';
import {quoted} from './failures.ts';

/** Must be called before routes are added. */
export function answerUnknown(server: FastifyInstance): void {
  const methodsByPath = new Map<string, Set<string>>();
  server.addHook('onRoute', ({url, method}) => {
    const methods = methodsByPath.get(url) ?? new Set<string>();
    for (const one of Array.isArray(method) ? method : [method]) methods.add(one);
    methodsByPath.set(url, methods);
  });
  server.setNotFoundHandler(async (request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '';
    const allowed = [...(methodsByPath.get(path) ?? [])];
    if (allowed.length === 0) throw new SmError('NOT_FOUND', `no such path: ${quoted(path)}`);
    void reply.header('allow', allowed.join(', '));
    throw notAllowed(request.method, path, allowed);
  });
}

function notAllowed(method: string, path: string, allowed: readonly string[]): SmError {
  const hint = allowed.includes('POST')
    ? `this path changes state: POST ${path} with Content-Type: application/json`
    : `use ${allowed.join(' or ')}`;
  return new SmError('METHOD_NOT_ALLOWED', `${method} is not allowed here`, {hint});
}
