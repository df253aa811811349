/** Containers are asked over HTTP what they hold; one lies, some do not answer. */
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {afterEach, expect, it} from 'vitest';
import type {Heartbeat} from '../../../src/model/container.ts';
import {systemClock} from '../../../src/runtime/clock.ts';
import {silentLogger} from '../../../src/runtime/logger.ts';
import {HoldingsAudit, HoldingsCaller} from '../../../src/server/governing/holdings-audit.ts';
import {GovernorBed} from '../../governor/governor-bed.ts';
import {LONG_MS, until} from '../../support/until.ts';

const CONTAINERS = ['c1', 'c2', 'c3', 'c4'];
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** Answers every question with this body; the questions so far are kept. */
async function answering(
  body: () => string,
  status = 200,
): Promise<{endpoint: string; asked: string[]}> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.statusCode = status;
    response.end(body());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => new Promise((resolve) => server.close(resolve)));
  return {endpoint: `127.0.0.1:${(server.address() as AddressInfo).port}`, asked};
}

it('a container that lies is found out; those that answer nonsense, or not at all, are left as they are', async () => {
  const said = {id: 'elsewhere', token: '', state: 'added', ready: true, stuck: false};
  const liar = await answering(() =>
    JSON.stringify({
      containers: [
        {app: 'app', container: 'other', incarnation: 'other-inc', shards: []},
        {app: 'app', container: 'c1', incarnation: 'c1-inc', shards: [said]},
      ],
    }),
  );
  const fool = await answering(() => '<html>');
  const flood = await answering(() => 'x'.repeat(5 * 1024 * 1024));
  const bed = new GovernorBed(['elsewhere']);
  const endpoints: Record<string, string> = {
    ...{'c1-inc': liar.endpoint, 'c2-inc': fool.endpoint, 'c3-inc': flood.endpoint},
    'c4-inc': '127.0.0.1:1',
  };
  for (const container of CONTAINERS) bed.join(container);
  const heartbeats = () =>
    new Map(
      [...bed.governor.view.heartbeats].map(([incarnation, entry]) => {
        const value: Heartbeat = {...entry.value, endpoint: endpoints[incarnation] ?? ''};
        return [incarnation, {...entry, value}];
      }),
    );
  const caller = new HoldingsCaller({allowLoopback: true});
  const clock = systemClock();
  const audit = new HoldingsAudit({
    ...{app: 'app', caller, logger: silentLogger, heartbeats},
    clock: {...clock, after: (_delayMs, callback) => clock.after(5, callback)},
    records: () => 1,
    doubted: () => new Set<string>(),
    onHoldings: (incarnation, {holdings}) => bed.governor.holdingsSaid(incarnation, holdings),
    onUnanswered: () => undefined,
  });
  closing.push(
    () => caller.close(),
    () => audit.stop(),
  );
  audit.start();
  const doubted = (): boolean => {
    // They beat, or they would be suspect by now.
    for (const container of CONTAINERS) bed.beat(container);
    bed.turn(1_100);
    return bed.status?.alarms.some(({code}) => code === 'HOLDINGS_DIFFER') === true;
  };
  await until(doubted, LONG_MS, 'the liar is doubted');
  await until(() => fool.asked.length > 3 && flood.asked.length > 3, LONG_MS, 'all are asked');
  expect(doubted()).toBe(true);
  expect(Object.entries(bed.status?.containers ?? {}).filter(([, {note}]) => note !== '')).toEqual([
    ['c1', expect.objectContaining({state: 'unreachable'})],
  ]);
  expect(liar.asked[0]).toBe('/sm/admin/shards?incarnation=c1-inc');
});

it('says of each container that cannot be asked why', async () => {
  const truth = JSON.stringify({
    containers: [{app: 'app', container: 'c', incarnation: 'c-inc', shards: []}],
  });
  const endpoints = {
    'html-inc': (await answering(() => '<html>')).endpoint,
    'shape-inc': (await answering(() => '{"containers":7}')).endpoint,
    'other-inc': (await answering(() => truth)).endpoint,
    'error-inc': (await answering(() => truth, 500)).endpoint,
    'gone-inc': '127.0.0.1:1',
    'refused-inc': 'http://c/path',
    'c-inc': (await answering(() => truth)).endpoint,
  };
  const bed = new GovernorBed([]);
  for (const incarnation of Object.keys(endpoints)) bed.join(incarnation.replace('-inc', ''));
  const heartbeats = new Map(
    [...bed.governor.view.heartbeats].map(([incarnation, entry]) => {
      const endpoint = endpoints[incarnation as keyof typeof endpoints];
      return [incarnation, {...entry, value: {...entry.value, endpoint}}];
    }),
  );
  const caller = new HoldingsCaller({allowLoopback: true});
  const clock = systemClock();
  const causes: Record<string, string> = {};
  const audit = new HoldingsAudit({
    ...{app: 'app', caller, logger: silentLogger, heartbeats: () => heartbeats},
    clock: {...clock, after: (_delayMs, callback) => clock.after(5, callback)},
    records: () => 1,
    doubted: () => new Set<string>(),
    onHoldings: (incarnation) => (causes[incarnation] = ''),
    onUnanswered: (incarnation, {cause}) => (causes[incarnation] = cause),
  });
  closing.push(
    () => caller.close(),
    () => audit.stop(),
  );
  audit.start();
  await until(() => Object.keys(causes).length === 7, LONG_MS, 'all are asked');
  expect(causes).toEqual({
    'html-inc': 'its answer cannot be read',
    'shape-inc': 'its answer cannot be read',
    'other-inc': 'another process answers there',
    'error-inc': 'something else answers there (HTTP 500)',
    'gone-inc': 'connection refused: nobody listens there',
    'refused-inc': expect.stringContaining('the daemon does not call this address: '),
    'c-inc': '',
  });
});

it('a thousand containers are spread over the interval, a few at once', async () => {
  const bed = new GovernorBed([]);
  for (let at = 0; at < 1_000; at += 1) bed.join(`c${at}`);
  const pauses: number[] = [];
  let atOnce = 0;
  let most = 0;
  let step: () => void = () => undefined;
  const audit = new HoldingsAudit({
    ...{app: 'app', logger: silentLogger, heartbeats: () => bed.governor.view.heartbeats},
    caller: {
      ask: async () => {
        most = Math.max(most, (atOnce += 1));
        await new Promise((resolve) => setImmediate(resolve));
        atOnce -= 1;
        return {cause: 'nobody there'};
      },
    },
    clock: {
      ...systemClock(),
      after: (delayMs, callback) => {
        pauses.push(delayMs);
        step = callback;
        return {cancel: () => undefined};
      },
    },
    records: () => 1,
    doubted: () => new Set<string>(),
    onHoldings: () => undefined,
    onUnanswered: () => undefined,
  });
  audit.start();
  for (let steps = 0; steps < 50; steps += 1) step();
  expect(most).toBe(4);
  expect(pauses[0]).toBeGreaterThanOrEqual(24_000);
  for (const pauseMs of pauses.slice(1)) expect(pauseMs * 1_000).toBeGreaterThanOrEqual(24_000);
  audit.stop();
  await new Promise((resolve) => setImmediate(resolve));
});

it('a container that is doubted and says the truth again is open within 5 s', async () => {
  const bed = new GovernorBed(['s1']);
  bed.join('c1');
  let says = new Map([['elsewhere', true]]);
  let nowMs = 0;
  const timers: {atMs: number; run: () => void}[] = [];
  const audit = new HoldingsAudit({
    ...{app: 'app', logger: silentLogger, heartbeats: () => bed.governor.view.heartbeats},
    caller: {ask: () => Promise.resolve({holdings: says})},
    clock: {
      ...systemClock(),
      after: (delayMs, run) => {
        const timer = {atMs: nowMs + delayMs, run};
        timers.push(timer);
        return {cancel: () => void (timer.run = () => undefined)};
      },
    },
    records: () => 1,
    doubted: () => bed.governor.holdings.doubted,
    onHoldings: (incarnation, {holdings}) => bed.governor.holdingsSaid(incarnation, holdings),
    onUnanswered: () => undefined,
  });
  audit.start();
  /** Ms until it is so; timers run in their order. */
  const after = async (isSo: () => boolean): Promise<number> => {
    const fromMs = nowMs;
    while (!isSo() && nowMs - fromMs < 200_000) {
      timers.sort((a, b) => a.atMs - b.atMs);
      const next = timers.shift();
      if (next === undefined) break;
      nowMs = Math.max(nowMs, next.atMs);
      next.run();
      await new Promise((resolve) => setImmediate(resolve));
    }
    return nowMs - fromMs;
  };
  await after(() => bed.governor.holdings.doubted.has('c1-inc'));
  expect(bed.governor.holdings.doubted.has('c1-inc')).toBe(true);
  says = new Map();
  expect(await after(() => !bed.governor.holdings.doubted.has('c1-inc'))).toBeLessThanOrEqual(
    5_000,
  );
  audit.stop();
});
