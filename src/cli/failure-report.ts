/** One form for every failure: four lines for people, one document for scripts, one exit code. */
import {RemoteError} from '../admin/remote-error.ts';
import type {Failure} from '../admin/remote-error.ts';
import {SmError} from '../model/errors.ts';
import {nearestWords} from '../model/nearest.ts';
import {jsonText} from './json-text.ts';
import {visible, visibleLines} from './visible.ts';

/** A command that is done but must not exit 0: its output has been written. */
export class ExitOnly extends Error {
  readonly exit: number;

  constructor(exit: number) {
    super(`exit ${exit}`);
    this.exit = exit;
  }
}

interface OclifError {
  readonly message: string;
  readonly oclif?: {readonly exit?: number};
  /** Of an unknown flag: what was given, and what the command knows. */
  readonly flags?: readonly string[];
  readonly parse?: {readonly input?: {readonly flags?: Readonly<Record<string, unknown>>}};
  readonly constructor: {readonly name: string};
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

/** Writes the failure and returns the exit code. */
export function reportFailure(error: unknown, json: boolean): number {
  if (error instanceof ExitOnly) return error.exit;
  const failure = failureOf(error);
  // oclif ends help and the like by throwing exit 0.
  if (failure.exit === 0) return 0;
  if (json) process.stdout.write(`${jsonText({kind: 'Error', error: failure})}\n`);
  else process.stderr.write(textOf(failure));
  return failure.exit;
}

export function failureOf(error: unknown): Failure {
  if (error instanceof RemoteError) return error.failure;
  if (error instanceof SmError) {
    const {code, message, hint, retryable, exitCode} = error;
    return {
      code,
      exit: exitCode,
      message,
      why: whyOf(error.cause),
      fix: hint === undefined ? [] : [hint],
      retryable,
      requestId: '',
    };
  }
  const foreign = error as OclifError;
  const exit = foreign.oclif?.exit;
  if (exit !== undefined) return usage(foreign, exit);
  const message = error instanceof Error ? error.message : String(error);
  const why =
    error instanceof Error ? (error.stack ?? '').split('\n').slice(1, 4).join(' ').trim() : '';
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

function usage(error: OclifError, exit: number): Failure {
  // Several faults come under a heading that says nothing.
  const [message = '', ...rest] = error.message
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^The following errors? occurred:$/.test(line));
  const why = rest.filter((line) => !line.startsWith('See more help')).join(' ');
  // oclif's parser exits 2; its own ExitError for help is 0.
  return {
    code: 'INVALID_INPUT',
    exit: exit === 1 ? 2 : exit,
    message,
    why,
    fix: [...nearestFlags(error), 'add --help to see what the command takes'],
    retryable: false,
    requestId: '',
  };
}

/** The flags of the command that look most like the unknown ones. */
function nearestFlags({flags, parse}: OclifError): string[] {
  const known = Object.keys(parse?.input?.flags ?? {});
  const near = (flags ?? []).flatMap((flag) => nearestWords(flag.replace(/^-+/, ''), known));
  return near.length === 0 ? [] : [`did you mean ${near.map((flag) => `--${flag}`).join(', ')}?`];
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
