/** A daemon that stands still while etcd is restored and that is accepted: it never doubts the store, and belongs to the new history all the same. */
import {expect, it} from 'vitest';
import {acceptRestore} from '../../../src/server/governing/cluster-record.ts';
import {SimProcess} from '../../simulation/process.ts';
import {SimulatedStore} from '../../simulation/simulated-store.ts';
import {ownTurn} from '../../simulation/world.ts';
import {MemoryKv} from '../../support/memory-store.ts';
import {LONG_MS} from '../../support/until.ts';
import {soleLeader} from './random/checks.ts';
import type {WalkedDaemon} from './random/daemon.ts';
import {ensureDaemon, firstSpecs} from './random/events.ts';
import {APPS, IDS, LeadershipWorld, TTL_MS} from './random/world.ts';

const BACKUP_MS = 12_000;
const LATER_WRITES = 3_000;
const LEADER_GONE_MS = 30_000;
const PAUSE_MS = 60_000;
const RESTORE_MS = 61_000;
const ACCEPT_MS = 80_000;
const AWAKE_MS = PAUSE_MS + 70_000;
/** W of the daemons that are gone, then W of the one that the leader has taken out, and 5 s each. */
const LEADS_WITHIN_MS = 2 * (1.2 * TTL_MS + 5_000);

function accept(world: LeadershipWorld): void {
  const {sim, server, keys} = world;
  const operator = new SimProcess(sim, world.newName('operator'), {rate: 1, offsetMs: 0});
  sim.as(operator, () => {
    const store = new SimulatedStore(server, operator);
    const {clock} = operator;
    void acceptRestore(store, keys, 1, clock.wallMs()).then(
      () => (world.checker.restoring = false),
    );
  });
}

/** Returns the daemon that slept, awake again, and whether it has ever doubted the store. `led`: it was the leader. */
function slept(world: LeadershipWorld, led: boolean): {sleeper: WalkedDaemon; hasDoubted: boolean} {
  const {sim, server, checker} = world;
  firstSpecs(world);
  for (const id of IDS) ensureDaemon(world, id);
  sim.run(BACKUP_MS);
  const backup = MemoryKv.restored(server.kv.list(''), server.kv.revision);
  // What comes after the backup is far more than what the new history will have for a while, and another one leads in it.
  for (let write = 0; write < LATER_WRITES; write += 1) world.put('/other', {write});
  const leader = [...world.daemons].find(({leads}) => leads);
  leader?.kill();
  sim.run(LEADER_GONE_MS);
  ensureDaemon(world, leader?.id ?? '');
  sim.run(PAUSE_MS);
  // It has records to read when it wakes up.
  const sleeper = [...world.daemons].find(({apps, leads}) => apps.length > 0 && leads === led);
  if (sleeper === undefined) throw new Error('no such daemon governs');
  sleeper.process.pause(AWAKE_MS - PAUSE_MS - 10_000, false);
  sim.run(RESTORE_MS);
  checker.everybodyTouched = checker.restoring = checker.restored = true;
  checker.restoredAtMs = sim.nowMs;
  server.restore(backup, `${server.clusterId}'`);
  sim.run(ACCEPT_MS);
  accept(world);
  let hasDoubted = false;
  while (sim.nowMs < AWAKE_MS) {
    sim.run(sim.nowMs + 10);
    hasDoubted ||= sleeper.governing?.doubt !== undefined;
  }
  return {sleeper, hasDoubted};
}

it.each(['governed', 'led'])(
  'leads, and governs, when the others are gone: it %s before',
  async (before) => {
    let undoubting = 0;
    for (const seed of [1, 2, 3, 4])
      await ownTurn(() => {
        const world = new LeadershipWorld(seed, 0);
        const {sleeper, hasDoubted} = slept(world, before === 'led');
        if (!hasDoubted) undoubting += 1;
        for (const one of [...world.daemons]) if (one !== sleeper) one.kill();
        world.sim.run(world.sim.nowMs + LEADS_WITHIN_MS);
        expect([seed, soleLeader(world)?.id]).toEqual([seed, sleeper.id]);
        world.sim.run(world.sim.nowMs + LEADS_WITHIN_MS);
        expect([seed, [...sleeper.apps].sort()]).toEqual([seed, [...APPS, 'sm'].sort()]);
        expect(world.problem).toBe('');
      });
    // Its read of the cluster record came before the answer to its heartbeat.
    expect(undoubting).toBeGreaterThan(0);
  },
  LONG_MS,
);
