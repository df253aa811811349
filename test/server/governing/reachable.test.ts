/** A call that only asks whether an incarnation is there, over real HTTP. */
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {afterEach, beforeEach, expect, it, vi} from 'vitest';
import {openReceiver} from '../../../src/container/receiver.ts';
import type {HintTarget} from '../../../src/container/receiver.ts';
import {HintSender} from '../../../src/server/governing/hint-sender.ts';
import {silentLogger} from '../../../src/runtime/logger.ts';

const LOOPBACK = '127.0.0.1';
let sender: HintSender;
const closers: (() => Promise<unknown>)[] = [];
beforeEach(() => {
  sender = new HintSender({logger: silentLogger, allowLoopback: true});
  closers.push(() => sender.close());
});
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const reaches = async (port: number, incarnation: string, app = 'orders'): Promise<boolean> =>
  (await sender.contact(app, {container: 'c1', incarnation, endpoint: `${LOOPBACK}:${port}`}))
    .reached;

it('succeeds where the incarnation is, and nowhere else', async () => {
  const hints: [string, number][] = [];
  const target: HintTarget = {
    ...{app: 'orders', container: 'c1', incarnation: 'i1', notReady: () => '', notes: () => []},
    hint: (_incarnation, shard, revision) => void hints.push([shard, revision]),
    holdings: () => ({app: 'orders', container: 'c1', incarnation: 'i1', shards: []}),
  };
  const receiver = await openReceiver(new Set([target]), {bind: LOOPBACK, port: 0});
  closers.push(() => receiver.close());
  expect(await reaches(receiver.port, 'i1')).toBe(true);
  expect(await reaches(receiver.port, 'i0')).toBe(false);
  expect(await reaches(receiver.port, 'i1', 'other')).toBe(false);
  // It tells of nothing: a revision that no record has.
  expect(hints.map(([, revision]) => revision)).toEqual([0]);
});

it('fails where nobody listens, and within 2 s where nobody answers', async () => {
  const mute = createServer(() => undefined);
  await new Promise<void>((resolve) => void mute.listen(0, LOOPBACK, resolve));
  const {port} = mute.address() as AddressInfo;
  const soon = AbortSignal.timeout(50);
  const timer = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(soon);
  expect(await reaches(port, 'i1')).toBe(false);
  expect(timer.mock.calls).toEqual([[2_000]]);
  timer.mockRestore();
  mute.closeAllConnections();
  await new Promise((resolve) => mute.close(resolve));
  expect(await reaches(port, 'i1')).toBe(false);
});
