/** What Node answers before a request reaches a route, in our form of an error: for the daemon and for a container's receiver. */
import type {IncomingMessage, Server, ServerResponse} from 'node:http';
import type {Socket} from 'node:net';
import {SmError} from '../model/errors.ts';
import type {ErrorAnswer} from './admin.ts';
import {HEADER_LIMIT_BYTES} from './limits.ts';

const JSON_TYPE = 'application/json; charset=utf-8';

const MALFORMED: Readonly<Record<string, [string, SmError]>> = {
  HPE_HEADER_OVERFLOW: [
    '431 Request Header Fields Too Large',
    new SmError('INVALID_INPUT', `headers are larger than ${HEADER_LIMIT_BYTES} bytes`, {
      hint: 'send fewer headers, or shorter ones',
    }),
  ],
  ERR_HTTP_REQUEST_TIMEOUT: [
    '408 Request Timeout',
    new SmError('TIMEOUT', 'the request took too long to arrive', {
      hint: 'send the whole request without pauses',
    }),
  ],
};
const BAD_REQUEST: [string, SmError] = [
  '400 Bad Request',
  new SmError('INVALID_INPUT', 'malformed HTTP request', {
    hint: 'send a request of HTTP/1.1, with one Host header and its URL encoded',
  }),
];

/** The body of every refusal. `requestId` is '' for what never became a request. */
export function errorAnswer(error: SmError, requestId: string): ErrorAnswer {
  const {code, message, hint = '', retryable, object} = error;
  const about = object === undefined ? {} : {object};
  return {error: message, code, hint, retryable, requestId, ...about};
}

/** To be called once for each HTTP server; its `maxHeaderSize` must be HEADER_LIMIT_BYTES. */
export function refuseInOurForm(server: Server): void {
  server.on('clientError', answerMalformed);
  server.on('checkExpectation', answerExpectation);
}

/** A request that expects what HTTP does not know never reaches a route. */
function answerExpectation(_request: IncomingMessage, response: ServerResponse): void {
  const problem = new SmError('INVALID_INPUT', 'the Expect header has an unsupported value', {
    hint: 'leave the header Expect out, or send 100-continue',
  });
  response.writeHead(417, {'content-type': JSON_TYPE, connection: 'close'});
  response.end(JSON.stringify(errorAnswer(problem, '')));
}

/** Nor does what Node cannot parse. */
function answerMalformed(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, problem] = MALFORMED[error.code ?? ''] ?? BAD_REQUEST;
  const body = JSON.stringify(errorAnswer(problem, ''));
  const head = [
    `HTTP/1.1 ${status}`,
    `content-type: ${JSON_TYPE}`,
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}
