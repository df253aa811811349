/** Kept-alive connections to containers: foreign programs, so everything has a limit. */
import {Agent} from 'undici';

const CONNECT_TIMEOUT_MS = 2_000;
/** Of one call, from the first byte sent to the last received. */
export const CALL_TIMEOUT_MS = 10_000;
/** An answer is a courtesy; more of it is not read. */
const ANSWER_LIMIT_BYTES = 64 * 1024;

/** `connections`: most at once to one container. `answerLimitBytes`: default 64 KiB. */
export function containerAgent(connections: number, answerLimitBytes = ANSWER_LIMIT_BYTES): Agent {
  return new Agent({
    connections,
    connect: {timeout: CONNECT_TIMEOUT_MS},
    headersTimeout: CALL_TIMEOUT_MS,
    bodyTimeout: CALL_TIMEOUT_MS,
    maxResponseSize: answerLimitBytes,
    pipelining: 1,
  });
}
