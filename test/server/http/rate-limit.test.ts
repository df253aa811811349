import {performance} from 'node:perf_hooks';
import Fastify from 'fastify';
import {afterEach, describe, expect, it, vi} from 'vitest';
import {AdminClient} from '../../../src/admin/index.ts';
import {HeavyBodies} from '../../../src/server/http/heavy-bodies.ts';
import {HeavyCalls} from '../../../src/server/http/heavy-calls.ts';
import {fixture, listen} from './fixture.ts';
import type {Fixture} from './fixture.ts';
import {
  CALLS_AT_ONCE,
  HEAVY_CALLS_OF_ONE,
  HEAVY_CALLS_WORKED_ON,
} from '../../../src/server/http/limits.ts';

const TOKENS = ['a', 'b'].map((name) => `${name} ${name.repeat(43)}`);
const LOOPBACK = {host: 'localhost'};
let http: Fixture | undefined;
afterEach(() => http?.server.close());

const bearer = (name: string) => ({...LOOPBACK, authorization: `Bearer ${name.repeat(43)}`});
const call = (headers: Record<string, string>, url = '/sm/server/status') =>
  http!.server.inject({url, headers});

/** Many calls at the same instant, by a clock that stands still: how many were let in, and a refusal. */
async function flood(headers: Record<string, string>, url?: string) {
  const clock = vi.spyOn(performance, 'now').mockReturnValue(performance.now());
  const calls = Array.from({length: 3 * CALLS_AT_ONCE}, () => call(headers, url));
  const replies = await Promise.all(calls);
  clock.mockRestore();
  const refused = replies.filter(({statusCode}) => statusCode === 429);
  return {taken: replies.length - refused.length, refused: refused[0]};
}

describe('many calls of one token', () => {
  it('are 429 with our body and Retry-After; other tokens, probes and hints are not touched', async () => {
    http = fixture({tokens: () => TOKENS});
    const {taken, refused} = await flood(bearer('a'));
    expect(taken).toBe(CALLS_AT_ONCE);
    expect(Number(refused?.headers['retry-after'])).toBeGreaterThanOrEqual(1);
    expect(refused?.json()).toMatchObject({code: 'RATE_LIMITED', retryable: true});
    expect((await call(bearer('b'))).statusCode).toBe(200);
    expect((await flood(LOOPBACK, '/livez')).refused).toBeUndefined();
    expect((await call(LOOPBACK)).statusCode).toBe(401);
  });
});

const shards = [{shardId: 's', task: 'x'.repeat(70_000)}];
const heavy = (name: string) =>
  http!.server.inject({
    method: 'POST',
    url: '/sm/server/add-shards',
    headers: {...bearer(name), 'content-type': 'application/json'},
    payload: JSON.stringify({service: 'orders', shards}),
  });

describe('calls with large bodies', () => {
  afterEach(() => void vi.useRealTimers());

  it('are worked on one after the other, with pauses in which small ones are answered', async () => {
    http = fixture({tokens: () => TOKENS});
    // No pause ends by itself.
    vi.useFakeTimers({toFake: ['setTimeout']});
    let open = 2;
    const answered = ['a', 'b'].map((name) => heavy(name).finally(() => (open -= 1)));
    expect((await call(bearer('a'))).statusCode).toBe(200);
    for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
    expect(http.calls.map(({operation}) => operation)).toEqual(['status']);
    while (open > 0) {
      await vi.advanceTimersByTimeAsync(1000);
      await new Promise(setImmediate);
    }
    expect((await Promise.all(answered)).map(({statusCode}) => statusCode)).toEqual([200, 200]);
  });

  it('are so many of one token at a time, refused unread; small ones and other tokens are not touched', async () => {
    http = fixture({tokens: () => TOKENS});
    let finish = (): void => undefined;
    const finished = new Promise<void>((resolve) => (finish = resolve));
    http.behave.answer = () => finished.then(() => ({}));
    const taken = Array.from({length: HEAVY_CALLS_OF_ONE}, () => heavy('a'));
    await expect.poll(() => http?.calls).toHaveLength(HEAVY_CALLS_WORKED_ON);
    const refused = await heavy('a');
    expect(refused.json()).toMatchObject({code: 'RATE_LIMITED', retryable: true});
    expect(http.calls).toHaveLength(HEAVY_CALLS_WORKED_ON);
    const others = [heavy('b'), call(bearer('a'))];
    finish();
    for (const one of await Promise.all([...taken, ...others])) expect(one.statusCode).toBe(200);
    expect((await heavy('a')).statusCode).toBe(200);
  });
});

describe('calls with large bodies of one caller', () => {
  const LARGE = Buffer.from(JSON.stringify({text: 'x'.repeat(70_000)}));
  const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

  /** Calls of one caller whose bodies have arrived: which of them have been parsed, and what ends each. */
  async function arrived(count: number) {
    const server = Fastify();
    const calls = new HeavyCalls();
    calls.limit(server, {tokens: 'none'});
    const bodies = new HeavyBodies((request) => calls.turnOf(request));
    const parsed: number[] = [];
    const failed: number[] = [];
    server.addContentTypeParser('text/plain', {parseAs: 'buffer'}, async () => undefined);
    const ends: (() => void)[] = [];
    server.post('/', async (request, reply) => {
      const at = ends.push(() => void reply.raw.emit('close')) - 1;
      await bodies.read(request, LARGE).then(
        () => parsed.push(at),
        () => failed.push(at),
      );
      await new Promise(() => undefined);
    });
    const payload = 'x'.repeat(70_000);
    const headers = {'content-type': 'text/plain'};
    for (let at = 0; at < count; at += 1)
      server.inject({method: 'POST', url: '/', payload, headers}).catch(() => undefined);
    await expect.poll(() => ends).toHaveLength(count);
    return {parsed, failed, ends};
  }

  it('wait as bytes until two are left that are worked on, in their order', async () => {
    const {parsed, ends} = await arrived(5);
    await expect.poll(() => parsed).toEqual([0, 1]);
    await settled();
    expect(parsed).toEqual([0, 1]);
    ends[0]!();
    await expect.poll(() => parsed).toEqual([0, 1, 2]);
    ends[1]!();
    ends[2]!();
    await expect.poll(() => parsed).toEqual([0, 1, 2, 3, 4]);
  });

  it('are not read when their caller has gone meanwhile, and take no turn', async () => {
    const {parsed, failed, ends} = await arrived(4);
    await expect.poll(() => parsed).toEqual([0, 1]);
    ends[2]!();
    await expect.poll(() => failed).toEqual([2]);
    ends[0]!();
    await expect.poll(() => parsed).toEqual([0, 1, 3]);
  });
});

describe('without auth', () => {
  it('loopback is not limited, an open port is, by address', async () => {
    http = fixture();
    expect((await flood(LOOPBACK)).refused).toBeUndefined();
    await http.server.close();
    http = fixture({allowedHosts: 'any'});
    expect((await flood(LOOPBACK)).refused).toBeDefined();
  });
});

describe('the client', () => {
  it('waits and calls again; more calls than allowed only take longer', async () => {
    http = fixture({allowedHosts: 'any'});
    http.behave.answer = () => ({service: 'sm', health: 'OK', apps: [], alarms: []});
    const client = new AdminClient({server: `http://127.0.0.1:${await listen(http.server)}`});
    for (let calls = 0; calls <= CALLS_AT_ONCE; calls += 1) await client.call('status', {});
    expect(http.calls).toHaveLength(CALLS_AT_ONCE + 1);
    client.close();
  });
});
