/** What a client of the admin API is made with. */
import {SmError} from '../model/errors.ts';
import {isFields} from '../model/fields.ts';
import {refuseUnknownOptions} from '../model/known-options.ts';
import {LONGEST_TIMER_MS} from './limits.ts';
import type {TransportOptions} from './transport.ts';

/** Where the daemons are, and who asks. */
export interface AdminClientOptions extends TransportOptions {
  /** `http://host:port` or `https://host:port`, with a path where a proxy serves it below one; several in a list or with commas between. */
  readonly server: string | readonly string[];
  /** Limit of one call from its beginning to the end of the answer, ms; of a stream until its answer begins. Default 30000; 90000 for acceptRestore. */
  readonly timeoutMs?: number;
  /** A stream that says nothing for so long is lost, ms; a daemon says a word every 15 s. Default 50000. */
  readonly silenceMs?: number;
  /** File whose first line is the bearer token. */
  readonly tokenFile?: string;
  /** The token may go to another machine over http, where anybody on the way can read it. Default false: such a call is refused. */
  readonly plainToken?: boolean;
  /** Called each time that the client waits because a daemon has too many calls (429), before the wait: what the daemon said, and the length of the wait, ms. */
  readonly onLimited?: (refusal: Error, waitMs: number) => void;
}

type Kind = 'text' | 'a time' | 'true or false' | 'a function' | 'an address';

const KINDS: Readonly<Record<keyof AdminClientOptions, Kind>> = {
  ...{server: 'an address', proxy: 'text', onLimited: 'a function'},
  ...{timeoutMs: 'a time', silenceMs: 'a time', plainToken: 'true or false'},
  ...{tokenFile: 'text', caFile: 'text', certFile: 'text', keyFile: 'text'},
};

const TYPES = {text: 'string', 'true or false': 'boolean', 'a function': 'function'} as const;

/** Of programs without types: what a variable of the environment has is text, and 'false' would count as true. @throws SmError INVALID_INPUT. */
export function checkClientOptions(options: AdminClientOptions): void {
  if (!isFields(options))
    throw new SmError('INVALID_INPUT', 'the options of AdminClient are not an object', {
      hint: "pass {server: 'http://127.0.0.1:8801'}",
    });
  refuseUnknownOptions('AdminClient', '', options, KINDS);
  for (const name of Object.keys(KINDS) as (keyof AdminClientOptions)[]) {
    const value: unknown = options[name];
    const kind = KINDS[name];
    if (value === undefined || isOf(kind, value)) continue;
    const wanted = kind === 'a time' ? timeFor(value) : kind;
    throw new SmError('INVALID_INPUT', `${name} is not ${wanted}`, {
      hint: `pass ${name} as ${kind === 'a time' ? 'a number of ms' : kind}, or leave it out`,
    });
  }
}

/** A timer of Node that is to run longer runs out at once. */
function timeFor(value: unknown): string {
  const isNumber = typeof value === 'number' && !Number.isNaN(value);
  return isNumber ? `between 1 and ${LONGEST_TIMER_MS}` : 'a number';
}

/** An address is checked by whoever reads it. */
function isOf(kind: Kind, value: unknown): boolean {
  if (kind === 'an address') return true;
  if (kind !== 'a time') return typeof value === TYPES[kind];
  return typeof value === 'number' && value >= 1 && value <= LONGEST_TIMER_MS;
}
