/** Sessions that anybody may write, with addresses of containers and long lists of shards that are not theirs: what is called for them. */
import {beforeEach, describe, expect, it} from 'vitest';
import {Keys} from '../../../src/etcd/keys.ts';
import {PushSession} from '../../../src/ownership/push-session.ts';
import {systemClock} from '../../../src/runtime/clock.ts';
import {silentLogger} from '../../../src/runtime/logger.ts';
import {PushWork} from '../../../src/server/push/push-work.ts';
import type {OpenSession, PushWorkOptions} from '../../../src/server/push/push-work.ts';
import {GovernorBed} from '../../governor/governor-bed.ts';
import {MemoryStore} from '../../support/memory-store.ts';
import {LONG_MS, until} from '../../support/until.ts';

const keys = new Keys('/sm', 'sm');
const fencingKey = {key: 'fencingKey', target: 'create', value: 1} as const;
const SESSIONS = 100;
const LISTED = 500;
const AT_ONCE = 32;
const AT_ONCE_PER_CONTAINER = 8;
const REGISTERED = '10.1.0.1:80';
const FIRST_PLAN_MS = 3_000;

let bed: GovernorBed;
let work: PushWork;
/** Calls that are not answered yet, and what ends each. */
let open: {readonly container: string; readonly answer: () => void}[];
/** Containers that were asked whether they can be reached. */
let asked: string[];
let background: Promise<void>[];

beforeEach(async () => {
  bed = new GovernorBed([]);
  bed.join(REGISTERED);
  bed.pass(FIRST_PLAN_MS, [REGISTERED]);
  const store = new MemoryStore();
  const put = {op: 'put', key: fencingKey.key, value: ''} as const;
  const made = await store.transact({compares: [], then: [put]});
  const value = made.kind === 'committed' ? made.revision : 0;
  open = [];
  asked = [];
  background = [];
  const caller = {
    call: (container: string) =>
      new Promise((resolve) => {
        const answer = (): void => resolve({kind: 'refused', message: 'no'});
        open.push({container, answer});
      }),
    contact: (container: string) => {
      asked.push(container);
      return Promise.resolve({reached: true});
    },
  };
  work = new PushWork({
    ...{app: 'app', keys, store, caller, logger: silentLogger, clock: systemClock()},
    ...{governor: bed.governor, fencingKey: {...fencingKey, value}, epoch: 1},
    ...{onNews: () => undefined, onLostLeadership: () => expect.unreachable()},
    ...{guardLeaseId: () => '7', background: (one: Promise<void>) => void background.push(one)},
  } as unknown as PushWorkOptions);
});

/** A session whose heartbeat lists shards that no record names. */
function session(container: string, incarnation: string): OpenSession {
  const me = {container, incarnation};
  const talk = new PushSession(me, 0);
  const shards = Array.from({length: LISTED}, (_, at) => `made-up-${at}`);
  talk.heard(9, new Map(shards.map((id) => [id, {disp: true, drop: false}])), 0);
  return {
    ...{...me, talk, lease: 'ab', key: `session of ${container}`, create: 7, calls: 0},
    ...{backlog: new Set<string>(), reachedAtMs: 0, probing: false, ended: false},
  };
}

/** It lists nothing, and its last call was not answered. */
function unreachable(container: string): OpenSession {
  const one = session(container, `unreachable-${container}`);
  one.talk.heard(10, new Map(), 0);
  one.talk.answered('', {kind: 'unreachable', message: 'no answer'}, 0);
  return one;
}

const falseSessions = (): OpenSession[] =>
  Array.from({length: SESSIONS}, (_, at) => session(`10.0.0.${at}:80`, `false-${at}`));

async function calls(count: number): Promise<void> {
  await until(() => open.length >= count, LONG_MS, `${count} calls`);
  // More of them would have come with these.
  for (let turn = 0; turn < 10; turn += 1) await new Promise(setImmediate);
}

describe('sessions that are not registered', () => {
  it('are called so many times at once together, however many shards they list', async () => {
    for (const one of falseSessions()) work.all(one);
    await calls(AT_ONCE);
    expect(open.length).toBe(AT_ONCE);
  });

  it('are called a few times for one heartbeat, and nothing is kept for later', async () => {
    const one = session('10.0.0.1:80', 'false');
    work.all(one);
    await calls(AT_ONCE_PER_CONTAINER);
    expect(one.backlog.size).toBe(0);
    for (const {answer} of open.slice()) answer();
    await Promise.all(background);
    expect(open.length).toBe(AT_ONCE_PER_CONTAINER);
  });

  it('are called again once earlier calls have been answered', async () => {
    const all = falseSessions();
    for (const one of all) work.all(one);
    await calls(AT_ONCE);
    for (const {answer} of open.slice()) answer();
    await Promise.all(background);
    work.all(all.at(-1)!);
    await calls(AT_ONCE + 1);
    expect(open.at(-1)?.container).toBe('10.0.0.99:80');
  });

  it('are asked again whether they can be reached: their alarm speaks of the present', async () => {
    const one = unreachable('10.0.0.1:80');
    work.all(one);
    await Promise.all(background);
    expect(asked).toEqual(['10.0.0.1:80']);
    expect(one.talk.isUnreachable).toBe(false);
  });

  it('are not asked while so many calls are under way', async () => {
    for (const one of falseSessions()) work.all(one);
    await calls(AT_ONCE);
    work.all(unreachable('10.0.0.1:80'));
    expect(asked).toEqual([]);
  });

  it('take nothing from a container that is registered: all its shards are dropped, one call after the other', async () => {
    for (const one of falseSessions()) work.all(one);
    await calls(AT_ONCE);
    const [incarnation = ''] = bed.governor.view.heartbeats.keys();
    const real = session(REGISTERED, incarnation);
    work.all(real);
    await calls(AT_ONCE + AT_ONCE_PER_CONTAINER);
    expect(open.filter(({container}) => container === REGISTERED)).toHaveLength(
      AT_ONCE_PER_CONTAINER,
    );
    expect(real.backlog.size).toBe(LISTED - AT_ONCE_PER_CONTAINER);
  });
});
