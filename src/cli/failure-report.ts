/** One form for every failure: four lines for people, one document for scripts, one exit code. */
import {RemoteError} from '../admin/remote-error.ts';
import type {Failure} from '../admin/remote-error.ts';
import {messageOf} from '../model/failure-text.ts';
import {SmError} from '../model/errors.ts';
import {jsonText} from './json-text.ts';
import {usageFailure} from './usage-failure.ts';
import type {UsageError} from './usage-failure.ts';
import {visible, visibleLines} from '../model/visible.ts';
import {STACK_LINES_SHOWN} from './limits.ts';

/** A command that is done but must not exit 0: its output has been written. */
export class ExitOnly extends Error {
  readonly exit: number;

  constructor(exit: number) {
    super(`exit ${exit}`);
    this.exit = exit;
  }
}

interface OclifError extends UsageError {
  readonly oclif?: {readonly exit?: number};
}

/** Whether the arguments ask for JSON; readable even when they cannot be parsed. */
export function wantsJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  const flags = end < 0 ? argv : argv.slice(0, end);
  if (flags.some((flag) => flag === '--json' || /^(-o|--output)=?json(l)?$/.test(flag)))
    return true;
  const at = flags.findIndex((flag) => flag === '-o' || flag === '--output');
  if (at >= 0) return /^jsonl?$/.test(flags[at + 1] ?? '');
  return /^jsonl?$/.test(process.env['SM_OUTPUT'] ?? '');
}

/** Writes the failure and returns the exit code. `command`: id of the one that failed, '' where it is not known. */
export function reportFailure(error: unknown, json: boolean, command = ''): number {
  if (error instanceof ExitOnly) return error.exit;
  const failure = failureOf(error, command);
  // oclif ends help and the like by throwing exit 0.
  if (failure.exit === 0) return 0;
  if (json) process.stdout.write(`${jsonText({kind: 'Error', error: failure})}\n`);
  else process.stderr.write(textOf(failure));
  return failure.exit;
}

export function failureOf(error: unknown, command = ''): Failure {
  if (error instanceof RemoteError) return remote(error.failure);
  if (error instanceof SmError) return operationalFailure(error);
  const fault = surroundingsFault(error);
  if (fault !== undefined) return operationalFailure(fault);
  const foreign = error as OclifError;
  const exit = foreign.oclif?.exit;
  if (exit !== undefined) return usageFailure(foreign, exit, command);
  const message = messageOf(error);
  const why =
    error instanceof Error
      ? (error.stack ?? '')
          .split('\n')
          .slice(1, 1 + STACK_LINES_SHOWN)
          .join(' ')
          .trim()
      : '';
  return {
    code: 'INTERNAL',
    exit: 1,
    message,
    why,
    fix: ['this is a bug in sm: please report it'],
    retryable: false,
    requestId: '',
  };
}

/** Which part of a call a value was in concerns those who make calls, not those who type commands. */
function remote(failure: Failure): Failure {
  if (failure.exit !== 2) return failure;
  return {...failure, message: failure.message.replace(/^(body|query)\./, '')};
}

function operationalFailure(error: SmError): Failure {
  const {code, message, hint, retryable, exitCode, object} = error;
  return {
    code,
    exit: exitCode,
    message,
    why: whyOf(error.cause),
    fix: hint === undefined ? [] : [hint],
    retryable,
    requestId: '',
    ...(object === undefined ? {} : {object}),
  };
}

const FEW_FILES = [
  'too few files may be open at once',
  'raise the limit of open files: ulimit -n 1024',
] as const;

/** Message and hint by the code of a part of the program that could not be loaded. */
const LOAD_FAULTS = new Map<unknown, readonly [string, string]>([
  ['EMFILE', FEW_FILES],
  ['ENFILE', FEW_FILES],
  [
    'ERR_MODULE_NOT_FOUND',
    [
      'this installation is not complete',
      'install it again; in a checkout: npm ci && npm run build',
    ],
  ],
]);

/** Commands load what they need late. Where sm runs may not allow it, and that is not a bug of sm. */
function surroundingsFault(error: unknown): SmError | undefined {
  const fault = LOAD_FAULTS.get((error as {code?: unknown} | undefined)?.code);
  if (fault === undefined) return undefined;
  const [message, hint] = fault;
  return new SmError('INVALID_CONFIG', message, {hint, cause: error});
}

/** How gRPC tells a fault; the message says the same in plain words. */
const GRPC_WORDS = /^\d+ [A-Z_]+: |Resolution note:/;

function whyOf(cause: unknown): string {
  if (!(cause instanceof Error) || GRPC_WORDS.test(cause.message)) return '';
  return cause.message.split('\n', 1)[0] ?? '';
}

function textOf({message, why, fix, code, exit, requestId}: Failure): string {
  const lines = [`sm: ${visibleLines(message).replaceAll('\n', '\n    ')}`];
  if (why !== '' && why !== message) lines.push(`why: ${visible(why)}`);
  for (const way of fix) lines.push(`fix: ${visible(way)}`);
  lines.push(
    `code: ${visible(code)} (exit ${exit})${requestId === '' ? '' : `, request ${visible(requestId)}`}`,
  );
  return `${lines.join('\n')}\n`;
}
