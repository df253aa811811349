import {gzipSync} from 'node:zlib';
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import {adminRoutes, BODY_LIMIT_BYTES} from '../../../src/protocol/admin.ts';
import type {AdminRoute, ErrorAnswer} from '../../../src/protocol/admin.ts';
import {fixture, storeAway} from './fixture.ts';
import type {Fixture} from './fixture.ts';

const json = {'content-type': 'application/json', host: '127.0.0.1:8801'};
const host = {host: 'localhost'};
let http: Fixture;

beforeEach(() => {
  http = fixture();
});
afterEach(() => http.server.close());

const send = (url: string, payload: string | object, headers: Record<string, string> = json) =>
  http.server.inject({method: 'POST', url, headers, payload});

describe('good requests', () => {
  it('reach the handler with defaults filled in', async () => {
    const reply = await send('/sm/server/add-spec', {service: 'orders'});
    expect(reply.statusCode).toBe(200);
    expect(http.calls).toEqual([
      {
        operation: 'addSpec',
        request: {
          ...{service: 'orders', maxShardCount: 0, maxRecoveryTime: 10},
          ...{dryRun: false, reason: ''},
        },
      },
    ]);
    expect(reply.headers['x-request-id']).toBeTypeOf('string');
  });

  it('take the query string of the origin for del-spec, by POST', async () => {
    const reply = await send('/sm/server/del-spec?service=orders', '');
    expect(reply.statusCode).toBe(200);
    expect(http.calls[0]).toMatchObject({operation: 'delSpec', request: {service: 'orders'}});
  });
});

describe('methods', () => {
  const changing = (Object.values(adminRoutes) as AdminRoute[]).filter(
    ({changes}) => changes !== 'nothing',
  );

  it.each(changing.map((route) => route.path))('GET %s is 405 with a hint', async (url) => {
    const reply = await http.server.inject({method: 'GET', url: `${url}?service=a`, headers: host});
    expect(reply.statusCode).toBe(405);
    expect(reply.headers['allow']).toBe('POST');
    expect(reply.json<ErrorAnswer>()).toMatchObject({code: 'METHOD_NOT_ALLOWED'});
    expect(reply.json<ErrorAnswer>().hint).toContain('POST');
    expect(http.calls).toEqual([]);
  });

  it('says of a path that only takes POST what to send, and not that it changes something', async () => {
    const reply = await http.server.inject({url: '/sm/server/plan?service=a', headers: host});
    expect([reply.statusCode, reply.json<ErrorAnswer>().hint]).toEqual([
      405,
      'POST /sm/server/plan with Content-Type: application/json',
    ]);
  });

  it.each(['/livez', '/readyz', '/metrics'])('HEAD %s is answered as GET is', async (url) => {
    http.readiness.ready = url !== '/readyz';
    const got = await http.server.inject({url, headers: host});
    const reply = await http.server.inject({method: 'HEAD', url, headers: host});
    expect([reply.statusCode, reply.body]).toEqual([got.statusCode, '']);
    expect(got.statusCode).toBe(url === '/readyz' ? 503 : 200);
    const put = await http.server.inject({method: 'PUT', url, headers: host});
    expect([put.statusCode, put.headers.allow]).toEqual([405, 'GET, HEAD']);
  });

  it('answers 405 for other methods and 404 for other paths', async () => {
    const put = await http.server.inject({method: 'PUT', url: '/sm/server/status', headers: host});
    expect([put.statusCode, put.headers['allow']]).toEqual([405, 'GET']);
    const nowhere = await http.server.inject({url: '/sm/server/%2e%2e/status', headers: host});
    expect([nowhere.statusCode, nowhere.json<ErrorAnswer>().code]).toEqual([404, 'NOT_FOUND']);
  });
});

describe('bad bodies', () => {
  const deep = `{"service":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
  const cases: [string, string, number, string][] = [
    ['malformed JSON', '{"service":', 400, 'INVALID_INPUT'],
    ['an array', '[]', 400, 'INVALID_INPUT'],
    ['a number', '7', 400, 'INVALID_INPUT'],
    ['null', 'null', 400, 'INVALID_INPUT'],
    ['nothing', '', 400, 'INVALID_INPUT'],
    ['__proto__', '{"service":"a","__proto__":{"dryRun":true}}', 400, 'INVALID_INPUT'],
    ['__proto__ escaped', '{"service":"a","\\u005f_proto__":{}}', 400, 'INVALID_INPUT'],
    ['constructor', '{"service":"a","constructor":{"prototype":{}}}', 400, 'INVALID_INPUT'],
    ['an unknown key', '{"service":"a","maxShardCont":1}', 400, 'INVALID_INPUT'],
    ['a number out of range', '{"service":"a","maxShardCount":1e400}', 400, 'INVALID_INPUT'],
    ['a name with a slash', '{"service":"a/b"}', 400, 'INVALID_NAME'],
    ['a name with dots', '{"service":"../../etc"}', 400, 'INVALID_NAME'],
    ['a name with a control character', '{"service":"a\\u0007b"}', 400, 'INVALID_NAME'],
    ['a name of 60 kB', `{"service":"${'x'.repeat(60_000)}"}`, 400, 'INVALID_NAME'],
    ['a lone surrogate', '{"service":"\\ud800"}', 400, 'INVALID_NAME'],
    ['deep nesting', deep, 413, 'BODY_TOO_LARGE'],
    ['deep nesting below the limit', deep.slice(0, 60_000), 400, 'INVALID_INPUT'],
  ];

  it.each(cases)('%s', async (_name, body, status, code) => {
    const reply = await send('/sm/server/add-spec', body);
    expect(reply.statusCode).toBe(status);
    const answer = reply.json<ErrorAnswer>();
    expect(answer).toMatchObject({code, retryable: false});
    expect(answer.error.length).toBeLessThan(500);
    expect(reply.body).not.toMatch(/node_modules|\.ts:/);
    expect(http.calls).toEqual([]);
    expect(({} as Record<string, unknown>)['dryRun']).toBeUndefined();
  });

  it('names what is missing, in a body and in a query', async () => {
    const body = await send('/sm/server/add-spec', {});
    expect(body.json<ErrorAnswer>().error).toBe('body.service is missing');
    const query = await http.server.inject({url: '/sm/server/get-shards', headers: host});
    expect(query.json<ErrorAnswer>().error).toBe('query.service is missing');
  });

  it('names the unknown key and the known ones', async () => {
    const reply = await send('/sm/server/add-spec', {service: 'a', maxShardCont: 1});
    expect(reply.json<ErrorAnswer>().error).toContain('maxShardCont');
    expect(reply.json<ErrorAnswer>().hint).toContain('maxShardCount');
  });

  it.each([
    [{service: 'a', placement: {metrik: 1}}, 'metrics, spreadZones'],
    [{service: 'a', placement: {metrics: [{name: 'cpu', uper: 2}]}}, 'name, upper, lower'],
    [{service: 'a', placement: {moving: {perMinut: 1}}}, 'container, zone, perMinute'],
  ])('names the keys that are known where the unknown one stands: %j', async (body, known) => {
    const reply = await send('/sm/server/add-spec', body);
    expect([reply.statusCode, reply.json<ErrorAnswer>().error]).toEqual([
      400,
      expect.stringContaining('unknown key'),
    ]);
    expect(reply.json<ErrorAnswer>().hint).toMatch(new RegExp(`^known keys: ${known}`));
  });

  it.each(['gzip', 'br', 'gzip, identity'])('a body of the coding %s is 415', async (coding) => {
    const payload = gzipSync('{"service":"a"}');
    for (const path of ['add-spec', 'plan']) {
      const headers = {...json, 'content-encoding': coding};
      const url = `/sm/server/${path}`;
      const reply = await http.server.inject({method: 'POST', url, headers, payload});
      expect([reply.statusCode, reply.json<ErrorAnswer>()]).toMatchObject([
        415,
        {
          code: 'UNSUPPORTED_MEDIA_TYPE',
          hint: expect.stringContaining('Content-Encoding') as string,
        },
      ]);
    }
    expect(http.calls).toEqual([]);
    for (const none of ['identity', '']) {
      const plain = {...json, 'content-encoding': none};
      expect((await send('/sm/server/add-spec', {service: 'a'}, plain)).statusCode).toBe(200);
    }
  });

  it.each([
    ['/sm/server/add-spec', '[]'],
    ['/sm/server/add-spec', '{'],
    ['/sm/server/add-spec', deep.slice(0, 60_000)],
    ['/sm/server/add-spec', Buffer.from([0x22, 0xff, 0x22])],
    ['/sm/server/add-spec', '{"service":"a","constructor":1}'],
    ['/sm/server/nowhere', '{}'],
    ['/sm/server/%zz', '{}'],
  ])('each refusal says how to go on: %s', async (url, payload) => {
    const reply = await http.server.inject({method: 'POST', url, headers: json, payload});
    expect(reply.statusCode).toBeGreaterThanOrEqual(400);
    expect(reply.json<ErrorAnswer>().hint).not.toBe('');
  });

  it('refuses bytes that are not UTF-8', async () => {
    const payload = Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]);
    const reply = await http.server.inject({
      method: 'POST',
      url: '/sm/server/add-spec',
      headers: json,
      payload,
    });
    expect([reply.statusCode, reply.json<ErrorAnswer>().error]).toEqual([400, 'body is not UTF-8']);
  });

  it('holds each route to its own size', async () => {
    const task = 'x'.repeat(BODY_LIMIT_BYTES);
    const large = await send('/sm/server/add-spec', {service: task});
    expect([large.statusCode, large.json<ErrorAnswer>().code]).toEqual([413, 'BODY_TOO_LARGE']);
    expect(large.json<ErrorAnswer>()).toMatchObject({
      error: `the body is larger than ${BODY_LIMIT_BYTES} bytes`,
      hint: expect.stringContaining('fewer') as string,
    });
    const shard = await send('/sm/server/add-shard', {service: 'a', shardId: 's', task});
    expect(shard.statusCode).toBe(200);
    const batch = {service: 'a', shards: [{shardId: 's', task: 'x'.repeat(5 * 1024 * 1024)}]};
    expect((await send('/sm/server/add-shards', batch)).statusCode).toBe(413);
  });
});

describe('types of bodies', () => {
  it.each([
    ['a form', 'application/x-www-form-urlencoded'],
    ['plain text', 'text/plain'],
    ['nearly JSON', 'application/jsonx'],
  ])('%s is 415', async (_name, type) => {
    const reply = await send('/sm/server/add-spec', '{"service":"a"}', {
      ...host,
      'content-type': type,
    });
    expect([reply.statusCode, reply.json<ErrorAnswer>().code]).toEqual([
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ]);
    expect(reply.json<ErrorAnswer>().hint).toBe('send Content-Type: application/json');
    expect(http.calls).toEqual([]);
  });

  it('no content type and no body is what the Go project takes; not from a page of another site', async () => {
    const url = '/sm/server/del-spec?service=a';
    const page = {...host, origin: 'http://elsewhere.example.org'};
    const refused = await http.server.inject({method: 'POST', url, headers: page});
    expect([refused.statusCode, http.calls.length]).toEqual([415, 0]);
    const taken = await http.server.inject({method: 'POST', url, headers: host});
    expect([taken.statusCode, http.calls.length]).toEqual([200, 1]);
  });

  it('no content type is 415 with a body', async () => {
    const url = '/sm/server/del-spec?service=a';
    const reply = await http.server.inject({method: 'POST', url, headers: host, payload: '{}'});
    expect([reply.statusCode, http.calls.length]).toEqual([415, 0]);
  });
});

describe('queries', () => {
  it.each(['/sm/server/get-shards?service=a&x=1', '/sm/server/get-shards?service=a&__proto__=1'])(
    'keys that nobody knows are ignored: %s',
    async (url) => {
      const reply = await http.server.inject({url, headers: host});
      expect(reply.statusCode).toBe(200);
      expect(http.calls[0]?.request).toMatchObject({service: 'a'});
      expect(Object.keys(http.calls[0]?.request as object)).not.toContain('x');
    },
  );

  it.each(['del-spec?service=a&dryrun=true', 'plan?service=a&witout=c1'])(
    'of a call with a body they are refused: %s',
    async (path) => {
      const reply = await send(`/sm/server/${path}`, '');
      expect([reply.statusCode, reply.json<ErrorAnswer>().error]).toEqual([
        400,
        expect.stringMatching(/^query: unknown key "(dryrun|witout)"$/),
      ]);
      expect(reply.json<ErrorAnswer>().hint).toContain('known keys: service');
      expect(http.calls).toEqual([]);
    },
  );

  it.each([
    ['get-shards?service=a&limit=many', 'query.limit: not a whole number from 1 to 10000'],
    ['get-shards?service=a&limit=0', 'query.limit: not a whole number from 1 to 10000'],
    ['get-shards?service=a&limit=2.5', 'query.limit: not a whole number from 1 to 10000'],
    ['get-shards?service=a&unplaced=maybe', 'query.unplaced: neither true nor false'],
    ['get-shards?service=a&service=b', 'query: service is given more than once'],
    ['events?since=yesterday', 'query.since: not a time as 2026-01-02T03:04:05Z'],
    ['events?since=2026-01-02T03:04:05+01:00', 'query.since: not a time as 2026-01-02T03:04:05Z'],
  ])('say in words what is wrong: %s', async (path, message) => {
    const reply = await http.server.inject({url: `/sm/server/${path}`, headers: host});
    expect([reply.statusCode, reply.json<ErrorAnswer>().error]).toEqual([
      400,
      expect.stringContaining(message),
    ]);
    expect(reply.json<ErrorAnswer>().hint).not.toBe('');
  });

  it('of a POST may give a list, each entry under its name', async () => {
    const path = '/sm/server/release-stop?service=a&containers=c1&containers=c2';
    expect((await send(path, '')).statusCode).toBe(200);
    expect(http.calls[0]?.request).toMatchObject({service: 'a', containers: ['c1', 'c2']});
  });

  it('a slash at the end of the path makes no difference', async () => {
    const read = await http.server.inject({url: '/sm/server/get-shards/?service=a', headers: host});
    expect([read.statusCode, http.calls[0]?.operation]).toEqual([200, 'getShards']);
    const change = await send('/sm/server/add-spec/', {service: 'orders'});
    expect([change.statusCode, http.calls[1]?.operation]).toEqual([200, 'addSpec']);
    const other = await http.server.inject({url: '/sm/server/add-spec/', headers: host});
    expect(other.statusCode).toBe(405);
  });

  it('the page is found where the Go project has it', async () => {
    const reply = await http.server.inject({url: '/swagger/index.html', headers: host});
    expect([reply.statusCode, reply.headers.location]).toEqual([302, '/swagger/']);
    const page = await http.server.inject({url: '/swagger/', headers: host});
    expect(page.statusCode).toBe(200);
  });

  it.each([
    '/sm/server/get-shards',
    '/sm/server/get-shards?service=a&service=b',
    '/sm/server/get-shards?service=a%00b',
    '/sm/server/get-shards?service=a&limit=0',
    '/sm/server/wait-check?service=a&kind=app&for=happy',
  ])('%s is 400', async (url) => {
    const reply = await http.server.inject({url, headers: host});
    expect([reply.statusCode, http.calls.length]).toEqual([400, 0]);
  });
});

describe('failures of the service', () => {
  it('store away is 503 and may be tried again', async () => {
    http.behave.answer = () => {
      throw storeAway();
    };
    const reply = await http.server.inject({url: '/sm/server/status', headers: host});
    expect(reply.statusCode).toBe(503);
    expect(reply.json<ErrorAnswer>()).toMatchObject({code: 'STORE_UNAVAILABLE', retryable: true});
    expect(reply.headers['retry-after']).toBe('1');
  });

  it('a bug is 500, tells nothing of the inside, and is logged', async () => {
    http.behave.answer = () => {
      throw new Error('secret inside');
    };
    const reply = await http.server.inject({url: '/sm/server/status', headers: host});
    expect([reply.statusCode, reply.json<ErrorAnswer>().code]).toEqual([500, 'INTERNAL']);
    expect(reply.body).not.toContain('secret');
    expect(http.logged.some(({message}) => message === 'request failed')).toBe(true);
  });
});
