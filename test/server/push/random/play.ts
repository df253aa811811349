/** Plays one random walk of push containers to its end. */
import {ownTurn} from '../../../simulation/world.ts';
import {checkEnd, watchWrites} from './checks.ts';
import {PushContainer} from './container.ts';
import {ensureDaemons, firstSpecs, handOver, heal, randomEvent} from './events.ts';
import {PushWorld} from './world.ts';

const START_MS = 15_000;
/** Events are apart by no more than this, each with so many of them. */
const PACES = [
  {everyMs: 6_000, events: 6},
  {everyMs: 6_000, events: 20},
  {everyMs: 2_000, events: 50},
] as const;
const LONGEST_WALK_MS = 120_000;
/** Longer than a stall, a lease, W and every alarm after them. */
const CALM_MS = 100_000;
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
  sim.run(START_MS);
  world.isCalm = false;
  const pace = random.pick(PACES);
  for (let {events} = pace; events > 0; events -= 1) {
    randomEvent(world);
    sim.run(sim.nowMs + random.between(0, pace.everyMs));
  }
  world.say('calm');
  world.isCalm = true;
  heal(world);
  sim.run(sim.nowMs + CALM_MS);
  if (world.problem === '') checkEnd(world);
}
