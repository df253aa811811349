/** What programs without types pass to a call, refused by name before anything is sent. */
import {SmError} from '../model/errors.ts';
import {isFields} from '../model/fields.ts';
import {routeRows} from '../protocol/admin-routes.ts';
import type {AdminOperation} from '../protocol/admin-routes.ts';

/** @throws SmError INVALID_INPUT. */
export function checkCall(operation: string, input: unknown, signal: unknown): void {
  if (!Object.hasOwn(routeRows, operation))
    throw new SmError('INVALID_INPUT', `there is no operation ${JSON.stringify(operation)}`, {
      hint: '/openapi.json of a daemon lists all operations',
    });
  if (!isFields(input))
    throw new SmError('INVALID_INPUT', `the input of ${operation} is not an object`, {
      hint: `pass an object, also where it is empty: call('${operation}', {})`,
    });
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw new SmError('INVALID_INPUT', `the signal of ${operation} is not an AbortSignal`, {
      hint: `pass the signal itself: call('${operation}', {...}, controller.signal)`,
    });
  if (routeRows[operation as AdminOperation].method === 'GET') checkQuery(operation, input);
}

/** The answer of a stream has no end, and no time limit. @throws SmError INVALID_INPUT for an operation that is one. */
export function refuseStream(operation: AdminOperation): void {
  if (!Object.hasOwn(routeRows, operation) || !routeRows[operation].stream) return;
  throw new SmError('INVALID_INPUT', `${operation} is a stream, and not for call()`, {
    hint: `read its events: for await (const event of client.${operation}(...))`,
  });
}

/** As text null would say `null`, and a list with one entry would be that entry. */
function checkQuery(operation: string, input: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(input)) {
    if (value === undefined || QUERY_TYPES.has(typeof value)) continue;
    throw new SmError(
      'INVALID_INPUT',
      `${name} of ${operation} is neither text nor a number nor true or false`,
      {hint: `leave ${name} out where nothing is meant; a time is text, as 2026-01-02T03:04:05Z`},
    );
  }
}

const QUERY_TYPES: ReadonlySet<string> = new Set(['string', 'number', 'bigint', 'boolean']);

/** The body of a call. @throws SmError INVALID_INPUT for what JSON has no text for. */
export function bodyText(operation: AdminOperation, input: object): string {
  try {
    return JSON.stringify(input);
  } catch (cause) {
    throw new SmError('INVALID_INPUT', `the input of ${operation} cannot be written as JSON`, {
      hint: 'pass plain objects, lists, texts and numbers: no bigint, and nothing that contains itself',
      cause,
    });
  }
}

/** The header that resumes a stream. @throws SmError INVALID_INPUT for what no header can hold. */
export function resumeHeader(
  operation: AdminOperation,
  lastEventId: unknown,
): Record<string, string> {
  if (lastEventId === undefined) return {};
  if (typeof lastEventId === 'string' && /^[\x20-\x7e]*$/.test(lastEventId))
    return {'last-event-id': lastEventId};
  throw new SmError(
    'INVALID_INPUT',
    `the last event id of ${operation} is not text that a header can carry`,
    {
      hint: 'pass the id of the last event as it came, or leave it out to begin now',
    },
  );
}
