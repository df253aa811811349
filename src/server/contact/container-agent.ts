/** Kept-alive connections to containers: foreign programs, so everything has a limit. */
import {lookup} from 'node:dns';
import type {BlockList, LookupFunction, Socket} from 'node:net';
import {Agent, buildConnector} from 'undici';
import type {HiddenText} from '../../model/hidden-text.ts';
import {SmError} from '../../model/errors.ts';
import {refusedAddress} from './endpoint-policy.ts';
import {ANSWER_LIMIT_BYTES, CALL_TIMEOUT_MS, CONNECT_TIMEOUT_MS, FRAMING_FACTOR} from './limits.ts';

/** What a caller trusts and shows where TLS is spoken. PEM. */
export interface CallTls {
  /** Who signed the certificates of those who are called. Absent: whom the system knows. */
  readonly ca?: Buffer;
  /** Shown to those who ask for one. */
  readonly cert?: Buffer;
  readonly key?: HiddenText;
}

export interface AgentOptions {
  /** Default 64 KiB. */
  readonly answerLimitBytes?: number;
  /** The only networks that are called. Default: all. */
  readonly networks?: BlockList | undefined;
  /** Looked up for each connection. Absent: the system's authorities are trusted, and nothing is shown. */
  readonly tls?: (() => CallTls) | undefined;
}

/** `connections`: most at once to one container. */
export function containerAgent(
  connections: number,
  allowLoopback: boolean,
  {answerLimitBytes = ANSWER_LIMIT_BYTES, tls = () => ({}), networks}: AgentOptions = {},
): Agent {
  const base = {timeout: CONNECT_TIMEOUT_MS, lookup: checkedLookup(allowLoopback, networks)};
  const connect: buildConnector.connector = (options, callback) => {
    const {key, ...shown} = tls();
    const secret = key === undefined ? {} : {key: key.reveal()};
    buildConnector({...base, ...shown, ...secret})(options, (...made) => {
      const [failure, socket] = made;
      if (failure === null && socket !== null)
        limitAnswers(socket, answerLimitBytes * FRAMING_FACTOR);
      callback(...made);
    });
  };
  return new Agent({
    connections,
    connect,
    headersTimeout: CALL_TIMEOUT_MS,
    bodyTimeout: CALL_TIMEOUT_MS,
    maxResponseSize: answerLimitBytes,
    pipelining: 1,
  });
}

/**
 * Ends a connection that has received more than `limitBytes` since something was last sent on it. The limit of the body does not see what
 * comes before a body: a status line or early hints without end would be read for as long as the call may take.
 */
function limitAnswers(socket: Socket, limitBytes: number): void {
  let written = 0;
  let received = 0;
  let before = 0;
  socket.on('readable', () => {
    if (socket.bytesWritten !== written) before = received;
    written = socket.bytesWritten;
    received = socket.bytesRead;
    if (received - before > limitBytes) socket.destroy(new Error('its answer is too large'));
  });
}

/** Resolves a name once and connects to what was checked: a name may point anywhere, and elsewhere the next time. */
export function checkedLookup(allowLoopback: boolean, networks?: BlockList): LookupFunction {
  return (name, options, callback) => {
    lookup(name, {...options, all: true}, (error, found) => {
      if (error !== null) return callback(error, '', 0);
      const allowed = found.filter(
        ({address}) => !refusedAddress(address, allowLoopback, networks),
      );
      const [first] = allowed;
      if (first === undefined)
        return callback(new SmError('FORBIDDEN', `${name} resolves to a refused address`), '', 0);
      if (options.all === true) callback(null, allowed);
      else callback(null, first.address, first.family);
    });
  };
}
