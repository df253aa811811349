/** What a client of the admin API is made with. */
import {SmError} from '../model/errors.ts';
import {isFields} from '../model/fields.ts';
import {refuseOtherKinds, refuseUnknownOptions} from '../model/known-options.ts';
import type {KindsOf} from '../model/known-options.ts';
import {TIMER_LIMIT_MS} from '../model/limits.ts';
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

const KINDS: KindsOf<AdminClientOptions> = {
  ...{server: 'other', proxy: 'text', onLimited: 'a function'},
  ...{timeoutMs: 'a number', silenceMs: 'a number', plainToken: 'true or false'},
  ...{tokenFile: 'text', caFile: 'text', certFile: 'text', keyFile: 'text'},
};

/** @throws SmError INVALID_INPUT. */
export function checkClientOptions(options: AdminClientOptions): void {
  if (!isFields(options))
    throw new SmError('INVALID_INPUT', 'the options of AdminClient are not an object', {
      hint: "pass {server: 'http://127.0.0.1:8801'}",
    });
  refuseUnknownOptions('AdminClient', '', options, KINDS);
  refuseOtherKinds('', options, KINDS);
  for (const name of ['timeoutMs', 'silenceMs'] as const) {
    const {[name]: ms = 1} = options;
    if (ms >= 1 && ms <= TIMER_LIMIT_MS) continue;
    throw new SmError('INVALID_INPUT', `${name} is not between 1 and ${TIMER_LIMIT_MS}`, {
      hint: `pass ${name} as a number of ms, or leave it out`,
    });
  }
}
