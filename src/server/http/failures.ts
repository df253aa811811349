/** From whatever went wrong to the one form of an error that a caller gets. */
import type {FastifyError, FastifyReply, FastifyRequest} from 'fastify';
import type * as z from 'zod';
import {SmError} from '../../model/errors.ts';
import type {ErrorCode} from '../../model/errors.ts';
import {errorAnswer} from '../../protocol/http-refusals.ts';
import type {HttpLogger} from './dependencies.ts';
import {ISSUES_SHOWN, QUOTED_MAX_CHARACTERS} from './limits.ts';
import {keysAt} from './schema-keys.ts';

const FIELDS_HINT = 'for the accepted fields see sm schema, or /swagger of the daemon';

/** For requests that the framework refuses before our own checks. */
const HTTP_HINT = 'send an HTTP request as /openapi.json describes it, its URL encoded';

const BY_FASTIFY_CODE: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'BODY_TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'UNSUPPORTED_MEDIA_TYPE',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'INVALID_INPUT',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'INVALID_INPUT',
  FST_ERR_BAD_URL: 'INVALID_INPUT',
};

/** An operational failure of a request, in our words; undefined for a bug. */
function operational(error: FastifyError | SmError, request: FastifyRequest): SmError | undefined {
  if (error instanceof SmError) return error;
  const code = BY_FASTIFY_CODE[error.code];
  if (code === 'UNSUPPORTED_MEDIA_TYPE') return notJson();
  if (code === 'BODY_TOO_LARGE')
    return new SmError(code, `the body is larger than ${request.routeOptions.bodyLimit} bytes`, {
      hint: 'send fewer items at once, or shorter texts',
      cause: error,
    });
  if (code !== undefined) return new SmError(code, error.message, {hint: HTTP_HINT, cause: error});
  const refused =
    error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500;
  return refused
    ? new SmError('INVALID_INPUT', 'malformed request', {hint: HTTP_HINT, cause: error})
    : undefined;
}

/** A type that is not JSON, whoever finds it first: fastify those that it does not know, as that which curl sends by itself. */
export function notJson(): SmError {
  return new SmError('UNSUPPORTED_MEDIA_TYPE', 'the body must be JSON', {
    hint: 'send Content-Type: application/json',
  });
}

/** The answer for one failure; 500 and nothing of the inside for a bug, which is logged. */
export function sendFailure(
  error: FastifyError | SmError,
  request: FastifyRequest,
  reply: FastifyReply,
  logger: HttpLogger,
): void {
  const known = operational(error, request);
  if (known === undefined || known.code === 'INTERNAL') {
    logger.error(
      {err: error, requestId: request.id, path: request.routeOptions.url ?? ''},
      'request failed',
    );
  }
  const shown = known ?? internalError();
  if (shown.httpStatus === 401) void reply.header('www-authenticate', 'Bearer realm="sm"');
  if (shown.httpStatus === 503) void reply.header('retry-after', '1');
  if (shown.httpStatus === 429 && !reply.hasHeader('retry-after'))
    void reply.header('retry-after', '3');
  void reply
    .code(shown.httpStatus)
    .type('application/json; charset=utf-8')
    .send(errorAnswer(shown, request.id));
}

/** What a caller hears of a bug. */
export function internalError(): SmError {
  return new SmError('INTERNAL', 'internal error', {hint: 'see the log of the daemon'});
}

/** What is wrong with a request, as one error. `where` is `query` or `body`, `schema` what it should have been. */
export function badRequest(where: string, error: z.ZodError, schema: z.ZodType): SmError {
  const shown = error.issues.slice(0, ISSUES_SHOWN).map((issue) => issueText(where, issue));
  const rest = error.issues.length - shown.length;
  const message = shown.join('; ') + (rest > 0 ? `; and ${rest} more` : '');
  const first = error.issues[0];
  const named = first?.code === 'custom' && first.params?.['code'] === 'INVALID_NAME';
  const hint = hintFor(first, named, schema);
  return new SmError(named ? 'INVALID_NAME' : 'INVALID_INPUT', message, {hint});
}

function hintFor(issue: z.core.$ZodIssue | undefined, named: boolean, schema: z.ZodType): string {
  if (issue?.code === 'unrecognized_keys') return knownKeysHint(keysAt(schema, issue.path));
  return named ? 'a valid name is orders-1' : FIELDS_HINT;
}

/** `known`: the keys where the unknown one stands. */
export function knownKeysHint(known: readonly string[]): string {
  return known.length === 0 ? FIELDS_HINT : `known keys: ${known.join(', ')}`;
}

function issueText(where: string, issue: z.core.$ZodIssue): string {
  const path = [where, ...issue.path.map(String)].join('.');
  if (issue.code === 'unrecognized_keys')
    return `${path}: unknown key ${quoted(issue.keys[0] ?? '')}`;
  // Of what is not there, the schema says only which type it wants.
  if (issue.code === 'invalid_type' && 'input' in issue && issue.input === undefined)
    return `${path} is missing`;
  return `${path}: ${issue.message}`;
}

/** Foreign text inside a message: escaped and cut, with the cut shown. */
export function quoted(text: string): string {
  const cut =
    text.length > QUOTED_MAX_CHARACTERS ? `${text.slice(0, QUOTED_MAX_CHARACTERS)}…` : text;
  return JSON.stringify(cut);
}
