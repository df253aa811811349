/** Who lives below a prefix: an import over somebody who lives, or an export beside him, would make two owners. */
import {describe, expect, it} from 'vitest';
import type {RawEntry, RawKeys} from '../../src/etcd/raw-keys.ts';
import {silenceMs} from '../../src/model/container.ts';
import {TTL_MAX_MS, UNWATCHED_CLOCK_EXCESS} from '../../src/model/limits.ts';
import {encodeRecord} from '../../src/protocol/records.ts';
import {systemClock} from '../../src/runtime/clock.ts';
import {livingBelow} from '../../src/transfer/liveness-check.ts';

const TTL_MS = 10_000;
const W_MS = silenceMs(TTL_MS, UNWATCHED_CLOCK_EXCESS);

function entry(key: string, mod: number, value: string): RawEntry {
  return {key: Buffer.from(`/sm/app/orders/${key}`), mod, value: Buffer.from(value)};
}

function beat(incarnation: string, mod: number, ttlMs = TTL_MS): RawEntry {
  const value = encodeRecord({
    ...{v: 1, container: `${incarnation}-id`, ttlMs, endpoint: '', host: '', pid: 1, bootId: 'b'},
    ...{zone: '', labels: {}, version: '', sdk: '', seq: mod, nonce: 'n', state: 'ready'},
  });
  return entry(`hb/${incarnation}`, mod, value);
}

/** What the store holds at each time; its own time goes on only while somebody sleeps. */
async function look(
  held: (nowMs: number) => readonly RawEntry[],
  options: {readonly pushSessions?: boolean} = {},
): Promise<{living: string[]; tookMs: number; said: string[]}> {
  let nowMs = 0;
  const keys = {
    list: (prefix: string) =>
      Promise.resolve({
        revision: 9,
        entries: held(nowMs).filter(({key}) => key.toString().startsWith(prefix)),
      }),
  } as unknown as RawKeys;
  const sleep = (delayMs: number): Promise<void> => {
    nowMs += delayMs;
    return Promise.resolve();
  };
  const clock = {...systemClock(), nowMs: () => nowMs, sleep};
  const said: string[] = [];
  const say = (text: string): void => void said.push(text);
  const living = await livingBelow({keys, prefix: '/sm', clock, say, ...options});
  return {living, tookMs: nowMs, said};
}

describe('a container', () => {
  it('lives while its heartbeat changes, and is named', async () => {
    const {living} = await look((nowMs) => [beat('i', 1 + Math.floor(nowMs / 2_000))]);
    expect(living).toEqual(['i-id']);
  });

  it('lives though its heartbeat changes only at the very end of W', async () => {
    const {living} = await look((nowMs) => [beat('i', nowMs < W_MS ? 1 : 2)]);
    expect(living).toEqual(['i-id']);
  });

  it('lives that joins while the others are waited for', async () => {
    const held = [beat('old', 1)];
    const {living} = await look((nowMs) => (nowMs < 5_000 ? held : [...held, beat('new', 7)]));
    expect(living).toEqual(['new-id']);
  });

  it('has stopped when its heartbeat has not changed for W, of clocks that nobody has watched', async () => {
    const {living, tookMs, said} = await look(() => [beat('i', 1), beat('j', 2, 3_000)]);
    expect(living).toEqual([]);
    expect(tookMs).toBe(W_MS);
    expect(said.join()).toContain('i-id, j-id');
  });

  it('is waited for no longer when its heartbeat is gone', async () => {
    const {living, tookMs} = await look((nowMs) => (nowMs < 2_000 ? [beat('i', 1)] : []));
    expect({living, tookMs}).toEqual({living: [], tookMs: 2_000});
  });

  it('whose heartbeat cannot be read may have the longest T there is', async () => {
    const {living, tookMs} = await look(() => [entry('hb/i', 1, 'no json')]);
    expect(living).toEqual([]);
    expect(tookMs).toBe(silenceMs(TTL_MAX_MS, UNWATCHED_CLOCK_EXCESS));
  });
});

describe('a push container', () => {
  const session = entry('containerhb/p1/8', 1, '{}');
  const proxy = beat('8-2', 2);

  it('lives while its session is there, however long nothing changes', async () => {
    expect((await look(() => [session])).living).toEqual(['app/orders/containerhb/p1/8']);
  });

  it('does not count, nor the heartbeat that stands for it, where only the others are asked for', async () => {
    const {living, tookMs} = await look(() => [session, proxy], {pushSessions: false});
    expect({living, tookMs}).toEqual({living: [], tookMs: 0});
  });
});

it('nobody is waited for where nothing is left behind', async () => {
  expect(await look(() => [])).toEqual({living: [], tookMs: 0, said: []});
});
