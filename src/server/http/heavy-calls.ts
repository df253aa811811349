/**
 * Calls with large bodies: so many of one caller at a time, refused before the body is read, for reading one takes a tenth of a second of the event loop. Of those that
 * are taken two are worked on, each until it is answered: the others wait as bytes, for what a body is made into is ten times as large.
 */
import type {FastifyInstance, FastifyRequest} from 'fastify';
import {SmError} from '../../model/errors.ts';
import {BODY_LIMIT_BYTES} from '../../protocol/limits.ts';
import {gate} from '../../runtime/gate.ts';
import type {Gate} from '../../runtime/gate.ts';
import {grantOf} from './access.ts';
import type {HttpDependencies} from './dependencies.ts';
import {onceGone} from './hung-up.ts';
import {HEAVY_CALLS_OF_ONE, HEAVY_CALLS_WORKED_ON} from './limits.ts';

/** By token, or by address where no token is asked for. */
export function callerOf(request: FastifyRequest, tokens: HttpDependencies['tokens']): string {
  return tokens === 'none' ? `address ${request.ip}` : `token ${grantOf(request).name}`;
}

interface Caller {
  /** Taken, and not answered yet. */
  open: number;
  /** Of these: has had its turn. */
  readonly begun: Set<object>;
  readonly waiting: Map<object, Gate>;
}

export class HeavyCalls {
  private readonly callers = new Map<string, Caller>();
  private readonly byCall = new WeakMap<object, Caller>();

  /** Call after the access guard and the limit of rates. */
  limit(server: FastifyInstance, {tokens}: Pick<HttpDependencies, 'tokens'>): void {
    server.addHook('onRequest', (request, reply, done) => {
      if (!isHeavy(request)) return done();
      const name = callerOf(request, tokens);
      if (!this.take(name, request)) return done(tooMany());
      onceGone(reply.raw, () => this.end(name, request));
      done();
    });
  }

  /** Until that call may be worked on; at once for one that was not counted. */
  async turnOf(call: object): Promise<void> {
    const caller = this.byCall.get(call);
    if (caller === undefined) return;
    if (caller.begun.size < HEAVY_CALLS_WORKED_ON) return void caller.begun.add(call);
    const turn = gate();
    caller.waiting.set(call, turn);
    await turn.promise;
  }

  /** False: the caller has as many as it may. */
  private take(name: string, call: object): boolean {
    const caller = this.callers.get(name) ?? {open: 0, begun: new Set(), waiting: new Map()};
    if (caller.open >= HEAVY_CALLS_OF_ONE) return false;
    caller.open += 1;
    this.callers.set(name, caller);
    this.byCall.set(call, caller);
    return true;
  }

  /** It has been answered, or its caller has gone. */
  private end(name: string, call: object): void {
    const caller = this.byCall.get(call);
    if (caller === undefined) return;
    this.byCall.delete(call);
    caller.open -= 1;
    if (caller.open === 0) this.callers.delete(name);
    caller.waiting.get(call)?.reject(new SmError('INVALID_INPUT', 'the caller has gone'));
    caller.waiting.delete(call);
    if (!caller.begun.delete(call)) return;
    for (const [next, turn] of caller.waiting) {
      caller.waiting.delete(next);
      caller.begun.add(next);
      return turn.resolve();
    }
  }
}

function tooMany(): SmError {
  return new SmError(
    'RATE_LIMITED',
    `${HEAVY_CALLS_OF_ONE} calls with large bodies are already in progress`,
    {hint: 'wait for their answers, or for the time in Retry-After', retryable: true},
  );
}

/** A body of unknown length may be large. */
function isHeavy({headers}: FastifyRequest): boolean {
  const length = headers['content-length'];
  if (length === undefined) return headers['transfer-encoding'] !== undefined;
  return Number(length) > BODY_LIMIT_BYTES;
}
