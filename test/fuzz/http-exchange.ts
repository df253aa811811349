/** One connection, one case: bytes go out, an answer or an end must come, and nothing of the inside in it. */
import {connect} from 'node:net';
import {BODY_LIMIT_BYTES} from '../../src/protocol/admin.ts';
import type {HttpCase} from './http-requests.ts';
import {CASE_HANG_MS} from './target.ts';

/** Without an answer until then, a request that may be incomplete is ended. */
const QUIET_MS = 60;
/** Enough of an answer that does not end. */
const ANSWER_LIMIT_BYTES = 1024 * 1024;
const INSIDE = /\n\s+at \S+ \(|node:internal|node_modules|\.ts:\d+|\.js:\d+:\d+|file:\/\/\//;
/** Refusals of a server that has enough to do; the input is not why. */
const BUSY = /"code":"(TIMEOUT|SERVER_UNAVAILABLE|STORE_UNAVAILABLE)"/;

export interface Exchanged {
  readonly kind: string;
  readonly fault?: string;
}

export async function exchange(
  port: number,
  input: HttpCase,
  canaries: readonly string[],
): Promise<Exchanged> {
  const {text, outcome} = await answerTo(port, input);
  if (outcome === 'refused') return {kind: 'refused', fault: 'the server takes no connection'};
  const leaked = canaries.find((canary) => text.includes(canary));
  if (leaked !== undefined)
    return {kind: 'leak', fault: `a secret stands in the answer: ${shortened(text)}`};
  const inside = INSIDE.exec(text);
  if (inside !== null)
    return {kind: 'inside', fault: `${inside[0]} in the answer: ${shortened(text)}`};
  const [, status = ''] = /^HTTP\/1\.1 (\d{3})/.exec(text) ?? [];
  if (status === '') {
    // A body over the limit may be cut off while it is being sent: then the answer is lost with it.
    const isCutOff = outcome === 'reset' && input.bytes.length > BODY_LIMIT_BYTES;
    const fault = input.whole && !isCutOff ? `no answer: ${outcome}` : undefined;
    return {kind: `no answer, ${outcome}`, ...(fault === undefined ? {} : {fault})};
  }
  return checked(status, text, input);
}

function checked(status: string, text: string, input: HttpCase): Exchanged {
  if (/^5/.test(status))
    return status === '503' && BUSY.test(text)
      ? {kind: '503 busy'}
      : {kind: status, fault: `answers ${status}: ${shortened(text)}`};
  if (/^4/.test(status) && input.whole) {
    const body = text.slice(text.indexOf('\r\n\r\n') + 4);
    if (!/"code":"[A-Z_]+"/.test(body)) return {kind: status, fault: `no code: ${shortened(text)}`};
  }
  return {kind: status};
}

function shortened(text: string): string {
  return JSON.stringify(text.slice(0, 2_000));
}

function answerTo(port: number, input: HttpCase): Promise<{text: string; outcome: string}> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const timers: NodeJS.Timeout[] = [];
    let text = '';
    let isOpen = false;
    const end = (outcome: string): void => {
      for (const timer of timers) clearTimeout(timer);
      socket.destroy();
      resolve({text, outcome});
    };
    socket.on('connect', () => (isOpen = true));
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      if (text.length > ANSWER_LIMIT_BYTES) end('long');
    });
    // A server that has refused the head does not read the rest.
    socket.on('error', () => end(isOpen ? 'reset' : 'refused'));
    socket.on('close', () => end('closed'));
    const quiet = (): void => {
      if (text !== '') end('answered');
      else socket.end();
    };
    if (!input.whole) timers.push(setTimeout(quiet, QUIET_MS));
    timers.push(setTimeout(() => end(text === '' ? 'hangs' : 'answered'), CASE_HANG_MS));
    socket.write(Buffer.from(input.bytes, 'latin1'));
  });
}
