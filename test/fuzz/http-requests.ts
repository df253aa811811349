/** HTTP requests as bytes: of the daemon's routes and a container's, good, bent, and torn. */
import {HINT_PATHS} from '../../src/protocol/hints.ts';
import {adminRoutes} from '../../src/protocol/admin.ts';
import type {AdminRoute} from '../../src/protocol/admin.ts';
import type {Random} from '../simulation/random.ts';
import {PIECES, hostileValue, jsonText, mutatedText} from './mutation.ts';

export interface HttpCase {
  readonly [name: string]: string | boolean | number;
  /** Which of the target's servers. */
  readonly to: number;
  /** latin1. */
  readonly bytes: string;
  /** Framed as HTTP demands and not a stream: an answer must come. */
  readonly whole: boolean;
}

interface Route {
  readonly method: string;
  readonly path: string;
  /** Names of what the body or the query holds. */
  readonly fields: readonly string[];
  /** Answers when something happens, or never ends. */
  readonly waits: boolean;
}

const FIELDS: Readonly<Record<string, readonly unknown[]>> = {
  service: ['fuzz-a', 'fuzz-b', 'fuzz-c', 'nobody'],
  app: ['fuzz-a', 'fuzz-b'],
  shardId: ['s1', 's2', 'ä/b'],
  id: ['s1', 's2'],
  container: ['c1', 'c2'],
  worker: ['c1'],
  workerGroup: ['', 'pool'],
  group: ['', 'g'],
  manualContainerId: ['', 'c1'],
  task: ['', 't'],
  maxShardCount: [0, 5],
  maxRecoveryTime: [0, 10],
  maxMoving: [0, 3],
  shards: [['s1', 's2'], [{shardId: 's1'}], [{shardId: 's3', task: 't'}], []],
  items: [[{shard: 's1', op: 'add', revision: 3}], []],
  incarnation: ['abc', 'x'.repeat(80)],
  revision: [0, 7],
  reason: ['', 'because'],
  limit: [1, 100],
  timeoutMs: [10],
  kind: ['app', 'shard'],
  for: ['ready', 'balanced'],
  force: [true, false],
  dryRun: [true, false],
};

export const DAEMON_ROUTES: readonly Route[] = [
  ...Object.entries(adminRoutes as Readonly<Record<string, AdminRoute>>)
    // Valid, it would stop the world for good reason.
    .filter(([operation]) => operation !== 'acceptRestore')
    .map(([operation, {method, path, request, stream}]) => ({
      ...{method, path, waits: stream || operation === 'waitCheck'},
      fields: 'shape' in request ? Object.keys(request.shape as object) : [],
    })),
  ...[
    '/livez',
    '/readyz',
    '/metrics',
    '/openapi.json',
    '/swagger',
    '/swagger/',
    '/',
    '/favicon.ico',
  ].map((path) => ({method: 'GET', path, fields: [], waits: false})),
  ...Object.values(HINT_PATHS).map((path) => hintRoute(path)),
];

export const RECEIVER_ROUTES: readonly Route[] = [
  ...Object.values(HINT_PATHS).map((path) => hintRoute(path)),
  {method: 'GET', path: '/livez', fields: [], waits: false},
  {method: 'GET', path: '/readyz', fields: [], waits: false},
];

function hintRoute(path: string): Route {
  const isHints = path === HINT_PATHS.hints;
  const method = path === HINT_PATHS.shards ? 'GET' : 'POST';
  const fields = isHints ? ['app', 'incarnation', 'items'] : ['id', 'incarnation', 'revision'];
  return {method, path, fields, waits: false};
}

export interface HttpCaseOptions {
  readonly routes: readonly Route[];
  readonly servers: number;
  /** A valid token of the last server. */
  readonly token: string;
}

export function httpCase({routes, servers, token}: HttpCaseOptions, random: Random): HttpCase {
  const route = random.pick(routes);
  const to = random.whole(0, servers - 1);
  const body = bodyOf(route, random);
  const method = random.chance(0.85)
    ? route.method
    : random.pick([
        'GET',
        'POST',
        'PUT',
        'HEAD',
        'OPTIONS',
        'DELETE',
        'PATCH',
        'get',
        'CONNECT',
        'PRI',
        'X'.repeat(50),
      ]);
  const headers = headersOf(body, token, random);
  const framed = framing(body, random);
  const version = random.chance(0.95)
    ? 'HTTP/1.1'
    : random.pick(['HTTP/1.0', 'HTTP/2.0', 'HTTP/9.9', 'HTTP/1.1 ', '']);
  const head = [
    `${method} ${target(route, body, random)} ${version}`,
    ...headers,
    ...framed.headers,
  ];
  const text = `${head.join('\r\n')}\r\n\r\n${framed.body}`;
  const isTorn = random.chance(0.25);
  const bytes = isTorn ? mutatedText(text, random, 3) : text;
  const isOrdinary = version === 'HTTP/1.1' && method === route.method;
  return {to, bytes, whole: isOrdinary && framed.good && !isTorn && !route.waits};
}

/** JSON of the route's fields as bytes in latin1 text. */
function bodyOf({fields}: Route, random: Random): string {
  const value = Object.fromEntries(
    fields.flatMap((name) => {
      if (random.chance(0.3)) return [];
      const good = FIELDS[name];
      return [
        [
          name,
          good !== undefined && random.chance(0.85) ? random.pick(good) : hostileValue(random),
        ],
      ];
    }),
  );
  if (random.chance(0.003)) return `{"task":"${'x'.repeat(10_000_000)}"}`;
  const text = random.chance(0.6) ? JSON.stringify(value) : jsonText(value, random);
  return Buffer.from(text, 'utf8').toString('latin1');
}

function target({path, method}: Route, body: string, random: Random): string {
  const query = method === 'GET' && random.chance(0.9) ? queryOf(body) : '';
  const whole = query === '' ? path : `${path}?${query}`;
  if (random.chance(0.8)) return whole;
  switch (random.whole(0, 5)) {
    case 0:
      return mutatedText(whole, random);
    case 1:
      return `http://other.example${whole}`;
    case 2:
      return `${whole}${random.pick(['?', '&', ';'])}${'a=b&'.repeat(random.pick([1, 100, 5_000]))}`;
    case 3:
      return whole.replace(
        '/sm',
        random.pick(['/%2e%2e/sm', '//sm', '/./sm', '/sm%00', '/%73m', '/sm\\']),
      );
    case 4:
      return `${whole}/${'a/'.repeat(random.pick([3, 2_000]))}`;
    default:
      return '*';
  }
}

function queryOf(body: string): string {
  try {
    const value = JSON.parse(Buffer.from(body, 'latin1').toString('utf8')) as Record<
      string,
      unknown
    >;
    return Object.entries(value ?? {})
      .map(
        ([name, inner]) =>
          `${safe(name)}=${safe(typeof inner === 'string' ? inner : (JSON.stringify(inner) ?? ''))}`,
      )
      .join('&')
      .slice(0, 8_000);
  } catch {
    return 'service=%ff&service=b&service[]=c';
  }
}

function safe(text: string): string {
  return encodeURIComponent(Buffer.from(text, 'utf8').toString('utf8'));
}

function headersOf(body: string, token: string, random: Random): string[] {
  const host = random.chance(0.95)
    ? '127.0.0.1'
    : random.pick(['evil.example', '', '127.0.0.1:99999', '[::1', 'a'.repeat(300)]);
  const headers = [`Host: ${host}`, 'Connection: close'];
  headers.push(
    `Content-Type: ${random.chance(0.9) ? 'application/json' : random.pick(['text/plain', 'application/json; charset=utf-16', '', 'application/jsonx', 'multipart/form-data'])}`,
  );
  const authorization = random.whole(0, 3);
  if (authorization === 0) headers.push(`Authorization: Bearer ${token}`);
  if (authorization === 1)
    headers.push(
      `Authorization: ${random.pick(['Bearer', 'Bearer  x', 'Basic Og==', `Bearer ${'x'.repeat(43)}`, 'bearer \xff'])}`,
    );
  if (random.chance(0.1)) headers.push(absurd(random));
  if (random.chance(0.05)) headers.push(absurd(random), absurd(random));
  return body === '' ? headers.filter((line) => !line.startsWith('Content-Type')) : headers;
}

function absurd(random: Random): string {
  return random.pick([
    ...[
      'Host: 127.0.0.1',
      'Content-Type: text/plain',
      'Expect: 100-continue',
      'Expect: never',
      'Upgrade: websocket',
    ],
    ...[
      'Upgrade: h2c',
      'Last-Event-ID: 1e400',
      `Last-Event-ID: ${'9'.repeat(400)}`,
      'Range: bytes=0-',
      'X-Request-Id: \x7f',
    ],
    ...[
      'Accept-Encoding: gzip, br',
      'Origin: null',
      'X-Forwarded-For: 1.1.1.1',
      'Trailer: x',
      ' folded: yes',
      'no colon',
    ],
    ...[
      'If-None-Match: *',
      'Accept-Version: 9',
      `X-Long: ${'x'.repeat(65_536)}`,
      `${'y'.repeat(300)}: 1`,
      'X\0: 1',
    ],
    ...[
      Array.from({length: 2_500}, (_, index) => `h${index}: v`).join('\r\n'),
      `Cookie: ${random.pick(PIECES)}`,
    ],
  ]);
}

interface Framed {
  readonly headers: readonly string[];
  readonly body: string;
  readonly good: boolean;
}

/** How the body is sent: by its length, in chunks, and in ways that disagree. */
function framing(body: string, random: Random): Framed {
  const length = `Content-Length: ${body.length}`;
  if (random.chance(0.75)) return {headers: [length], body, good: true};
  const chunked = 'Transfer-Encoding: chunked';
  const pieces = `${body.length.toString(16)}\r\n${body}\r\n`;
  const whole = body === '' ? '0\r\n\r\n' : `${pieces}0\r\n\r\n`;
  switch (random.whole(0, 7)) {
    case 0:
      return {headers: [chunked], body: whole, good: true};
    case 1:
      return {headers: [length, chunked], body: whole, good: false};
    case 2:
      return {headers: [length, `Content-Length: ${body.length + 1}`], body, good: false};
    case 3:
      return {
        headers: [`Content-Length: ${random.pick(['-1', '1e3', '0x10', '99999999999', '+5', ''])}`],
        body,
        good: false,
      };
    case 4:
      return {
        headers: [chunked],
        body: `${random.pick(['fffffffffffffffff', '-1', 'zz', `1;${'e'.repeat(20_000)}`])}\r\n${body}`,
        good: false,
      };
    case 5:
      return {headers: [chunked], body: pieces, good: false};
    case 6:
      return {
        headers: [
          `Transfer-Encoding: ${random.pick(['chunked, chunked', 'gzip', 'identity', 'xchunked', ' chunked'])}`,
        ],
        body: whole,
        good: false,
      };
    default:
      return {
        headers: [length],
        body: `${body}GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`,
        good: false,
      };
  }
}
