/** Calls with large bodies: so many of one caller at a time, refused before the body is read, for reading one takes a tenth of a second of the event loop. */
import type {FastifyInstance, FastifyRequest} from 'fastify';
import {SmError} from '../../model/errors.ts';
import {BODY_LIMIT_BYTES} from '../../protocol/limits.ts';
import {grantOf} from './access.ts';
import type {HttpDependencies} from './dependencies.ts';
import {HEAVY_CALLS_OF_ONE} from './limits.ts';

/** By token, or by address where no token is asked for. */
export function callerOf(request: FastifyRequest, tokens: HttpDependencies['tokens']): string {
  return tokens === 'none' ? `address ${request.ip}` : `token ${grantOf(request).name}`;
}

/** Call after the access guard and the limit of rates. */
export function limitHeavyCalls(
  server: FastifyInstance,
  {tokens}: Pick<HttpDependencies, 'tokens'>,
): void {
  const open = new Map<string, number>();
  server.addHook('onRequest', (request, reply, done) => {
    if (!isHeavy(request)) return done();
    const caller = callerOf(request, tokens);
    const count = open.get(caller) ?? 0;
    if (count >= HEAVY_CALLS_OF_ONE)
      return done(
        new SmError('RATE_LIMITED', `${count} calls with large bodies are already in progress`, {
          hint: 'wait for their answers, or for the time in Retry-After',
          retryable: true,
        }),
      );
    open.set(caller, count + 1);
    reply.raw.once('close', () => {
      const left = (open.get(caller) ?? 1) - 1;
      if (left > 0) open.set(caller, left);
      else open.delete(caller);
    });
    done();
  });
}

/** A body of unknown length may be large. */
function isHeavy({headers}: FastifyRequest): boolean {
  const length = headers['content-length'];
  if (length === undefined) return headers['transfer-encoding'] !== undefined;
  return Number(length) > BODY_LIMIT_BYTES;
}
