/** A loopback address beside daemons of other machines. */
import {describe, expect, it} from 'vitest';
import {Keys} from '../../src/etcd/keys.ts';
import {SmError} from '../../src/model/errors.ts';
import {encodeRecord} from '../../src/protocol/records.ts';
import {systemClock} from '../../src/runtime/clock.ts';
import type {Clock} from '../../src/runtime/clock.ts';
import {
  foreignPeers,
  isLoopback,
  refuseLoopbackBesideOthers,
} from '../../src/server/loopback-check.ts';
import {MemoryStore} from '../support/memory-store.ts';

const HERE = 'boot-1';
const LOOPBACK = '127.0.0.1:8801';

class Bed {
  readonly keys = new Keys('/sm', 'sm');
  readonly store = new MemoryStore();
  nowMs = 0;
  beating: [string, string][] = [];
  readonly clock: Clock = {
    ...systemClock(),
    nowMs: () => this.nowMs,
    sleep: async (ms) => {
      this.nowMs += ms;
      for (const [container, bootId] of this.beating) await this.beat(container, bootId);
    },
  };

  async beat(container: string, bootId: string): Promise<void> {
    const value = {
      v: 1,
      container,
      bootId,
      nonce: String(this.nowMs),
      state: 'ready',
      ttlMs: 3_000,
    };
    const key = this.keys.heartbeat('sm', container.replaceAll(/[.:[\]]/g, '-'));
    const then = [{op: 'put', key, value: encodeRecord(value)}] as const;
    await this.store.transact({compares: [], then});
  }

  start(advertise: string): Promise<void> {
    return refuseLoopbackBesideOthers({advertise}, this, HERE);
  }
}

describe('a loopback address', () => {
  it('is told from others, however it is written', () => {
    for (const address of [
      LOOPBACK,
      'localhost:1',
      '[::1]:1',
      '127.9.9.9:1',
      '[::ffff:127.0.0.1]:1',
    ])
      expect(isLoopback(address)).toBe(true);
    for (const address of ['10.0.0.1:1', 'localhost.example:1', '[fe80::1]:1', '0.0.0.0:1'])
      expect(isLoopback(address)).toBe(false);
  });

  it('fits beside peers of the same boot only; another address fits everywhere', () => {
    const peer = (bootId: string) => ({value: {container: 'd2', bootId, ttlMs: 3_000}, mod: 1});
    expect(foreignPeers(LOOPBACK, HERE, [peer(HERE)])).toEqual([]);
    expect(foreignPeers(LOOPBACK, HERE, [peer('boot-2')])).toHaveLength(1);
    expect(foreignPeers(LOOPBACK, HERE, [peer('')])).toHaveLength(1);
    expect(foreignPeers('10.0.0.1:1', HERE, [peer('boot-2')])).toEqual([]);
  });

  it('is refused beside a living daemon of another machine, and the setting is named', async () => {
    const bed = new Bed();
    bed.beating = [['10.0.0.2:8801', 'boot-2']];
    await bed.beat('10.0.0.2:8801', 'boot-2');
    const error = await bed.start(LOOPBACK).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(SmError);
    expect(error).toMatchObject({
      code: 'INVALID_CONFIG',
      exitCode: 2,
      message: expect.stringMatching(/127\.0\.0\.1:8801.*10\.0\.0\.2:8801/) as string,
      hint: expect.stringContaining('set advertise') as string,
    });
    await expect(bed.start('10.0.0.1:8801')).resolves.toBeUndefined();
  });

  it('is let in beside what an earlier boot has left behind, after a look at whether it beats', async () => {
    const bed = new Bed();
    for (const left of [LOOPBACK, '127.0.0.1:8802']) await bed.beat(left, 'boot-0');
    await bed.start(LOOPBACK);
    expect(bed.nowMs).toBeGreaterThanOrEqual(1_500);
  });

  it('waits for nobody where all peers are of this boot', async () => {
    const bed = new Bed();
    await bed.beat('127.0.0.1:8802', HERE);
    await bed.start(LOOPBACK);
    expect(bed.nowMs).toBe(0);
  });
});
