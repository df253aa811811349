/** Plays one random walk of push containers to its end. */
import {ownTurn} from '../../../simulation/world.ts';
import {checkEnd, noteOwners, watchWrites} from './checks.ts';
import {PushContainer} from './container.ts';
import {ensureDaemons, firstSpecs, handOver, heal, randomEvent} from './events.ts';
import {PushWorld} from './world.ts';

const START_MS = 15_000;
const EVENT_EVERY_MS = 6_000;
const LONGEST_WALK_MS = 120_000;
/** Longer than a stall, a lease, W and every alarm after them. */
const CALM_MS = 100_000;
const OWNERS_MS = 250;
const DAEMONS = 2;
const CONTAINERS = ['10.0.0.1:80', '10.0.0.2:80', '10.0.0.3:80'];

/** What was broken, then what had happened before, oldest first; '' for nothing. */
export function playPush(seed: number): Promise<string> {
  return ownTurn(() => {
    const world = new PushWorld(seed, START_MS + LONGEST_WALK_MS);
    play(world);
    return world.problem;
  });
}

function play(world: PushWorld): void {
  const {sim, random} = world;
  firstSpecs(world);
  world.leases.watch();
  watchWrites(world);
  ensureDaemons(world, DAEMONS);
  for (const id of CONTAINERS) world.containers.set(id, new PushContainer(world, id));
  handOver(world);
  look(world);
  sim.run(START_MS);
  world.isCalm = false;
  for (let events = random.chance(0.5) ? 6 : 20; events > 0; events -= 1) {
    randomEvent(world);
    sim.run(sim.nowMs + random.between(0, EVENT_EVERY_MS));
  }
  world.say('calm');
  world.isCalm = true;
  heal(world);
  sim.run(sim.nowMs + CALM_MS);
  if (world.problem === '') checkEnd(world);
}

function look(world: PushWorld): void {
  noteOwners(world);
  world.sim.after(OWNERS_MS, () => look(world));
}
