/** What a container says that daemons cannot call: the fix is one for how it is called. */
import {afterEach, expect, it} from 'vitest';
import {ReachCheck} from '../../src/container/reach-check.ts';
import {Keys} from '../../src/etcd/keys.ts';
import {emptyStatus} from '../../src/model/status.ts';
import {encodeRecord} from '../../src/protocol/records.ts';
import {silentLogger} from '../../src/runtime/logger.ts';
import type {Timer} from '../../src/runtime/clock.ts';
import type {Logger} from '../../src/runtime/log-port.ts';
import {MemoryStore} from '../support/memory-store.ts';
import {LONG_MS, until} from '../support/until.ts';

const NOTE = 'cannot be called';
const ADDRESS =
  'set host, or advertise, to an address at which daemons reach this process, and allow their connections';
const keys = new Keys('/sm', 'sm');
let stop = (): void => undefined;
afterEach(() => stop());

function soon(_delayMs: number, callback: () => void): Timer {
  const waiting = setImmediate(callback);
  return {cancel: () => clearImmediate(waiting)};
}

/** The fix that is logged for a container with this endpoint, of which its governor says that it cannot be called. */
async function fixFor(endpoint: string): Promise<unknown> {
  const store = new MemoryStore();
  const status = emptyStatus('d1', '2026-01-01T00:00:00.000Z');
  const since = '2026-01-01T00:00:01.000Z';
  status.containers['c1'] = {state: 'unreachable', since, incarnation: 'i1', note: NOTE};
  const put = {op: 'put' as const, key: keys.status('orders'), value: encodeRecord(status)};
  await store.transact({compares: [], then: [put]});
  let fix: unknown;
  const error: Logger['error'] = (fields, message) => {
    expect(message).toContain(NOTE);
    ({fix} = fields as {fix?: unknown});
  };
  const check = new ReachCheck({
    ...{app: 'orders', keys, store, logger: {...silentLogger, error}},
    clock: {nowMs: () => 0, after: soon},
    me: () => ({container: 'c1', incarnation: 'i1', endpoint}),
  });
  stop = () => check.stop();
  check.start();
  return until(() => fix, LONG_MS, 'it has been said');
}

it('is to be called at another address where it speaks HTTP', async () => {
  expect(await fixFor('10.0.0.1:7000')).toBe(ADDRESS);
});

it('may lack a certificate that daemons trust where it speaks TLS', async () => {
  expect(await fixFor('https://10.0.0.1:7000')).toBe(
    `${ADDRESS}; the certificate of tls has to be for that host, and of an authority that containerTls.ca of the daemons names`,
  );
});
