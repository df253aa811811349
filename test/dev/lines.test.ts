import {describe, expect, it} from 'vitest';
import {Lines, programName} from '../../src/dev/index.ts';

const DEFAULT_SERVER = 'http://127.0.0.1:8801';
const STORE = '127.0.0.1:2379';

function started(server: string, taken: readonly number[]): string {
  const lines = new Lines({program: 'sm', defaultServer: DEFAULT_SERVER});
  const containers = ['demo-1', 'demo-2'].map((id, index) => ({id, pid: 100 + index}));
  return [
    ...lines.of({event: 'listening', server, store: STORE, taken}),
    ...lines.of({event: 'firstPlaced', shard: 's1', afterMs: 987}),
    ...lines.of({event: 'placed', shards: 12, containers, afterMs: 1_234}),
  ].join('\n');
}

describe('what is shown to be tried', () => {
  it('needs no address at the default port', () => {
    const text = started(DEFAULT_SERVER, []);
    expect(text).toContain(
      '  sm shard ls -a demo\n  sm container drain -a demo demo-1\n  kill -9 101 ',
    );
    expect(text).toContain('1.2 s after the start (the first after 1.0 s)');
    expect(text).not.toContain('--server');
    expect(text).not.toContain('taken');
  });

  it('names the address at another port, and says why it is another', () => {
    const text = started('http://127.0.0.1:9000', [8_801, 2_379]);
    expect(text).toContain('port 8801 is taken: another one was chosen');
    expect(text).toContain('port 2379 is taken: another one was chosen');
    expect(text).toContain('sm shard ls -a demo --server http://127.0.0.1:9000');
    expect(text).toContain('drain -a demo demo-1 --server http://127.0.0.1:9000');
  });

  it.each([
    ['/usr/local/bin/sm', '/home/me', 'sm'],
    ['/home/me/sm/bin/run.js', '/home/me/sm', 'bin/run.js'],
    ['/home/me/sm/bin/run.js', '/home/me/sm/test', '/home/me/sm/bin/run.js'],
    ["/home/my sm's/bin/run.js", '/home/me', "'/home/my sm'\\''s/bin/run.js'"],
  ])('begins as the program was called: %s in %s is %s', (script, folder, name) => {
    expect(programName(script, folder)).toBe(name);
  });
});

describe('moves', () => {
  const lines = new Lines({program: 'sm', defaultServer: DEFAULT_SERVER});

  it('are told by from and to, the first few shards by name', () => {
    const many = Array.from({length: 11}, (_, index) => `s${index}`);
    expect(lines.of({event: 'moved', shards: many, from: 'a', to: 'b'})).toEqual([
      'a -> b: s0 s1 s2 s3 s4 s5 s6 s7 and 3 more',
    ]);
    expect(lines.of({event: 'moved', shards: ['x'], from: '', to: 'b'})).toEqual(['b runs x']);
  });
});

it('says why a container has ended, and what leads out', () => {
  const lines = new Lines({program: 'sm', defaultServer: DEFAULT_SERVER});
  const event = {event: 'containerEnded', container: 'c1', again: true} as const;
  expect([
    ...lines.of({...event, how: 'SIGKILL', why: ''}),
    ...lines.of({...event, how: 'STORE_UNAVAILABLE', why: 'etcd does not answer; fix: start it'}),
  ]).toEqual([
    'c1 has ended (SIGKILL), and is started again',
    'c1 has ended (STORE_UNAVAILABLE: etcd does not answer; fix: start it), and is started again',
  ]);
});

it('names a pause with T of the container, which is not the same in a canary as in sm dev', () => {
  const lines = new Lines({program: 'sm', defaultServer: DEFAULT_SERVER});
  const event = {event: 'chaos', action: 'pause', container: 'c1', forMs: 7_840} as const;
  expect(lines.of({...event, ttlMs: 10_000})).toEqual([
    'chaos: c1 is stopped for 7.8 s (T is 10 s)',
  ]);
});

describe('the verdict', () => {
  const counted = {breachCount: 0, breaches: [], shards: 2, passes: 9, refusals: 1, terms: 3};
  const lines = new Lines({program: 'sm', defaultServer: DEFAULT_SERVER});

  it('says never, with what that rests on', () => {
    expect(lines.of({event: 'verdict', verdict: {...counted, twoOwners: false}})).toEqual([
      'two owners at once: never (2 shards, 3 terms of ownership, 9 effects passed their guard, 1 refused)',
    ]);
  });

  it('is none while nothing has acted', () => {
    const verdict = {...counted, twoOwners: false, shards: 0, passes: 0, refusals: 0, terms: 0};
    expect(lines.of({event: 'verdict', verdict})).toEqual([
      'two owners at once: not known, as no container has acted for a shard yet',
    ]);
  });

  it('says how often', () => {
    const verdict = {...counted, twoOwners: true, breachCount: 2};
    expect(lines.of({event: 'verdict', verdict})[0]).toContain('YES, 2 times');
  });
});
