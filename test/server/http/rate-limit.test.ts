import {afterEach, describe, expect, it} from 'vitest';
import {AdminClient} from '../../../src/admin/index.ts';
import {CALLS_PER_WINDOW} from '../../../src/server/http/rate-limit.ts';
import {fixture, listen} from './fixture.ts';
import type {Fixture} from './fixture.ts';

const TOKENS = ['a', 'b'].map((name) => `${name} ${name.repeat(43)}`);
const LOOPBACK = {host: 'localhost'};
let http: Fixture | undefined;
afterEach(() => http?.server.close());

const bearer = (name: string) => ({...LOOPBACK, authorization: `Bearer ${name.repeat(43)}`});
const call = (headers: Record<string, string>, url = '/sm/server/status') =>
  http!.server.inject({url, headers});

/** Many calls, none waited for, so that they fall into one window however slow the machine is: how many were let in, and a refusal. */
async function flood(headers: Record<string, string>, url?: string) {
  const calls: ReturnType<typeof call>[] = [];
  while (calls.length < 3 * CALLS_PER_WINDOW) {
    calls.push(call(headers, url));
    // Each in a turn of its own, as from sockets: calls of one turn are all counted before the first is judged.
    await new Promise((resolve) => setImmediate(resolve));
  }
  const replies = await Promise.all(calls);
  const refused = replies.filter(({statusCode}) => statusCode === 429);
  return {taken: replies.length - refused.length, refused: refused[0]};
}

describe('many calls of one token', () => {
  it('are 429 with our body and Retry-After; other tokens, probes and hints are not touched', async () => {
    http = fixture({tokens: () => TOKENS});
    const {taken, refused} = await flood(bearer('a'));
    expect(taken).toBeGreaterThanOrEqual(CALLS_PER_WINDOW);
    expect(Number(refused?.headers['retry-after'])).toBeGreaterThanOrEqual(1);
    expect(refused?.json()).toMatchObject({code: 'RATE_LIMITED', retryable: true});
    expect((await call(bearer('b'))).statusCode).toBe(200);
    expect((await flood(LOOPBACK, '/livez')).refused).toBeUndefined();
    expect((await call(LOOPBACK)).statusCode).toBe(401);
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
    const client = new AdminClient({server: `http://127.0.0.1:${await listen(http.server)}`});
    for (let calls = 0; calls <= CALLS_PER_WINDOW; calls += 1) await client.call('status', {});
    expect(http.calls).toHaveLength(CALLS_PER_WINDOW + 1);
    client.close();
  });
});
