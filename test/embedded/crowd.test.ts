/** What many connections and many unread answers may take of the store. */
import {EventEmitter} from 'node:events';
import {readFileSync} from 'node:fs';
import {connect} from 'node:http2';
import type {ClientHttp2Session} from 'node:http2';
import type {Socket} from 'node:net';
import {describe, expect, it} from 'vitest';
import {Answers, countAnswers, sizeOf} from '../../src/embedded/answers.ts';
import {Connections} from '../../src/embedded/connections.ts';
import {openEndpoint} from '../../src/etcd/connection.ts';
import {isAnswer, isRefusedUndone, translateError} from '../../src/etcd/foreign-errors.ts';
import {silentLogger} from '../../src/runtime/logger.ts';
import {descriptorLimit, descriptorShare} from '../../src/runtime/descriptors.ts';
import {startEtcd} from '../support/etcd-process.ts';
import {LONG_MS, pause, until} from '../support/until.ts';

const MIB = 1024 * 1024;

class FakeSocket extends EventEmitter {
  bytesRead = 0;
  destroyed = false;
  readonly remoteAddress: string;
  readonly remotePort: number;

  constructor(remoteAddress: string, remotePort: number) {
    super();
    this.remoteAddress = remoteAddress;
    this.remotePort = remotePort;
  }

  destroy(): void {
    this.destroyed = true;
    this.emit('close');
  }
}

function hall(most: number) {
  const clock = {nowMs: 0};
  const connections = new Connections(most, () => clock.nowMs, silentLogger);
  let port = 1;
  const come = (address = '127.0.0.1'): {socket: FakeSocket; isIn: boolean} => {
    const socket = new FakeSocket(address, (port += 1));
    return {socket, isIn: connections.take(socket as unknown as Socket)};
  };
  return {clock, connections, come};
}

it('a stream of many messages has one listener, and gives back what was under way when it ends', () => {
  const answers = new Answers(() => 0);
  const stream = Object.assign(new EventEmitter(), {close: () => undefined});
  const sent: (() => void)[] = [];
  const call = {
    stream,
    sendMessage: (_message: unknown, callback: () => void) => void sent.push(callback),
    sendStatus: () => undefined,
  };
  const counted = countAnswers(answers)({} as never, call as never) as unknown as typeof call;
  for (let count = 0; count < 100; count += 1) counted.sendMessage({}, () => undefined);
  expect(stream.listenerCount('close')).toBe(1);
  for (const taken of sent.slice(0, 60)) taken();
  expect(answers.bytes).toBe(40 * sizeOf({}));
  stream.emit('close');
  expect(answers.bytes).toBe(0);
});

it('an answer whose call has ended before, as by its deadline, is not under way: nothing would take it off', () => {
  const answers = new Answers(() => 0);
  const stream = Object.assign(new EventEmitter(), {close: () => undefined, closed: true});
  const sent: unknown[] = [];
  // gRPC drops it, and calls nobody back.
  const call = {
    stream,
    sendMessage: (message: unknown) => void sent.push(message),
    sendStatus: () => undefined,
  };
  const counted = countAnswers(answers)({} as never, call as never) as unknown as {
    sendMessage(message: unknown, callback: () => void): void;
  };
  counted.sendMessage({}, () => undefined);
  expect(sent).toHaveLength(1);
  expect(answers.bytes).toBe(0);
});

it('an answer without room is not told as a request that was refused: it may be that of a write, which would be sent again', () => {
  const answers = new Answers(() => 0, MIB);
  answers.admit(MIB, () => undefined);
  const said: {code: number; details: string}[] = [];
  const stream = Object.assign(new EventEmitter(), {close: () => undefined});
  const call = {
    stream,
    sendMessage: () => undefined,
    sendStatus: (status: {code: number; details: string}) => void said.push(status),
  };
  const counted = countAnswers(answers)({} as never, call as never) as unknown as {
    sendMessage(message: unknown, callback: () => void): void;
  };
  counted.sendMessage({kvs: [{value: Buffer.alloc(100_000)}]}, () => undefined);
  const [{code, details} = {code: 0, details: ''}] = said;
  const fault = translateError(new Error(`${code} RESOURCE_EXHAUSTED: ${details}`));
  expect(isRefusedUndone(fault)).toBe(false);
  expect(isAnswer(fault)).toBe(true);
  expect(fault).toMatchObject({code: 'STORE_UNAVAILABLE', retryable: true});
  expect(fault.message).toContain('answer');
});

describe('connections', () => {
  it('that are idle make room, strangers first, and callers only after long', () => {
    const {clock, connections, come} = hall(3);
    const [caller, stranger, talking] = [come(), come(), come()];
    connections.called(`127.0.0.1:${caller.socket.remotePort}`);
    expect(come().isIn).toBe(false);
    clock.nowMs = 1_500;
    talking.socket.bytesRead = 10;
    expect(come().isIn).toBe(true);
    expect([caller, stranger, talking].map(({socket}) => socket.destroyed)).toEqual([
      ...[false, true, false],
    ]);
    // The caller goes only when nobody else is idle, and has itself been for long.
    clock.nowMs = 2_000;
    expect(come().isIn).toBe(false);
    clock.nowMs = 61_000;
    expect(come().isIn).toBe(true);
    expect(caller.socket.destroyed).toBe(false);
    expect(connections.figures()).toEqual({
      ...{connections: 3, connectionsLimit: 3, connectionsRefused: 2},
    });
  });

  it('of one other machine are a quarter at most; this machine may have all', () => {
    const {connections, come} = hall(8);
    expect([1, 2, 3].map(() => come('10.0.0.1').isIn)).toEqual([true, true, false]);
    expect([1, 2, 3].map(() => come('10.0.0.2').isIn)).toEqual([true, true, false]);
    expect([1, 2, 3, 4, 5].map(() => come().isIn)).toEqual([true, true, true, true, false]);
    connections.close();
    expect(connections.open).toBe(0);
  });

  it('are so many that descriptors are left for others', () => {
    const limits = 'Limit  Soft  Hard\nMax open files            1024   4096  files\n';
    expect(descriptorLimit(() => limits)).toBe(1_024);
    expect(descriptorLimit(() => '')).toBe(1_024);
    expect(descriptorLimit(() => limits.replace('1024', 'unlimited'))).toBe(
      Number.MAX_SAFE_INTEGER,
    );
    expect(descriptorShare(0.5, 1_024)).toBe(448);
    expect(descriptorShare(0.5, 96)).toBe(24);
    expect(descriptorShare(0.5, 2)).toBe(1);
  });
});

describe('answers under way', () => {
  it('are refused where there is no room; small ones never; who does not take them makes room', () => {
    let nowMs = 0;
    const answers = new Answers(() => nowMs, 10 * MIB);
    const cut: string[] = [];
    const first = answers.admit(8 * MIB, () => cut.push('first'));
    const second = answers.admit(2 * MIB, () => cut.push('second'));
    expect(answers.admit(1 * MIB, () => undefined)).toBeUndefined();
    expect(answers.admit(1_000, () => undefined)).toBeDefined();
    second?.done();
    second?.done();
    expect(answers.bytes).toBe(8 * MIB + 1_000);
    nowMs = 5_600;
    expect(answers.admit(9 * MIB, () => undefined)).toBeDefined();
    expect(cut).toEqual(['first']);
    first?.done();
    expect(answers.bytes).toBe(9 * MIB + 1_000);
    expect(answers.ended).toEqual({refused: 1, cut: 1});
  });

  it('go out alone however large they are', () => {
    const answers = new Answers(() => 0, 10 * MIB);
    expect(answers.admit(100 * MIB, () => undefined)).toBeDefined();
  });

  it('are counted with all that they carry', () => {
    const pair = {key: Buffer.alloc(10), value: Buffer.alloc(1_000)};
    expect(sizeOf({kvs: [pair, pair]})).toBeGreaterThan(2_020);
    expect(sizeOf({events: [{kv: pair, prev_kv: pair}]})).toBeGreaterThan(2_020);
    const nested = {responses: [{response: 'response_range', response_range: {kvs: [pair, pair]}}]};
    expect(sizeOf(nested)).toBeGreaterThan(2_020);
  });
});

describe('a store', () => {
  it('that 24 callers ask for everything, and whose answers nobody reads, keeps its memory and goes on', async () => {
    const etcd = await startEtcd({kind: 'embedded'});
    const {kv, close} = openEndpoint(etcd.endpoint, {
      endpoints: [etcd.endpoint],
      timeoutMs: 10_000,
    });
    const sessions: ClientHttp2Session[] = [];
    try {
      for (let at = 0; at < 60; at += 1)
        await kv.put({key: Buffer.from(`k${at}`), value: Buffer.alloc(MIB, at)});
      const before = rssOf(etcd.pid ?? 0);
      for (let at = 0; at < 24; at += 1) sessions.push(unreadRange(etcd.endpoint));
      let most = 0;
      for (let look = 0; look < 40; look += 1) {
        most = Math.max(most, rssOf(etcd.pid ?? 0) - before);
        await pause(50);
        // Meanwhile others are answered. On busy cores the store may be late for a ping, which costs the connection: callers then ask again.
        const put = {key: Buffer.from('other'), value: Buffer.from(String(look))};
        await answered(() => kv.put(put));
      }
      expect(most).toBeLessThan(900 * MIB);
      const one = await answered(() => kv.range({key: Buffer.from('k1')}));
      expect(one.kvs).toHaveLength(1);
    } finally {
      for (const session of sessions) session.destroy();
      close();
      await etcd.stop();
    }
  });
});

/** The answer to a call that is made again until there is one. */
function answered<T>(call: () => Promise<T>): Promise<NonNullable<T>> {
  return until(() => call().catch(() => undefined), LONG_MS, 'the store answers others');
}

/** Bytes of memory that the process has now. */
function rssOf(pid: number): number {
  const [, kib = ''] =
    /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) * 1024;
}

/** Asks for all keys and reads nothing of the answer. */
function unreadRange(endpoint: string): ClientHttp2Session {
  const session = connect(`http://${endpoint}`);
  session.on('error', () => undefined);
  const stream = session.request({
    ...{':method': 'POST', ':path': '/etcdserverpb.KV/Range'},
    ...{'content-type': 'application/grpc', te: 'trailers'},
  });
  stream.on('error', () => undefined);
  // key and range_end are one byte 0: everything.
  stream.end(Buffer.from([0, 0, 0, 0, 6, 0x0a, 1, 0, 0x12, 1, 0]));
  return session;
}
