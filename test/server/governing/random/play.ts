/** Plays one random walk of leadership to its end. */
import {ownTurn} from '../../../simulation/world.ts';
import {checkEnd, soleLeader} from './checks.ts';
import {ensureDaemon, firstSpecs, heal, randomEvent} from './events.ts';
import {IDS, LeadershipWorld} from './world.ts';

const START_MS = 12_000;
const EVENT_EVERY_MS = 5_000;
const LONGEST_WALK_MS = 100_000;
/** Longer than every stall, and than a message may be late. */
const SETTLE_MS = 13_000;
/** W of a leader that is gone, and 5 s; a listing before that where a watch has lost what happened. */
const LEADS_WITHIN_MS = 8_200;
const LISTING_MS = 36_000;
const LOOK_MS = 100;
const CALM_MS = 75_000;

/** What was broken, then what had happened before, oldest first; '' for nothing. */
export function playLeadership(seed: number): Promise<string> {
  return ownTurn(() => {
    const world = new LeadershipWorld(seed, START_MS + LONGEST_WALK_MS);
    play(world);
    return world.problem;
  });
}

function play(world: LeadershipWorld): void {
  const {sim, random} = world;
  firstSpecs(world);
  for (const id of IDS) ensureDaemon(world, id);
  sim.run(START_MS);
  world.isCalm = false;
  for (let events = random.chance(0.5) ? 6 : 20; events > 0; events -= 1) {
    randomEvent(world);
    sim.run(sim.nowMs + random.between(0, EVENT_EVERY_MS));
  }
  sim.run(sim.nowMs + SETTLE_MS);
  while (world.isRestored && world.problem === '') sim.run(sim.nowMs + LOOK_MS);
  world.say('calm');
  world.isCalm = true;
  heal(world);
  awaitLeader(world);
  sim.run(sim.nowMs + CALM_MS);
  if (world.problem === '') checkEnd(world);
}

function awaitLeader(world: LeadershipWorld): void {
  const {sim, weather} = world;
  const isListed = sim.nowMs - weather.missedAtMs > LISTING_MS;
  const untilMs = sim.nowMs + LEADS_WITHIN_MS + (isListed ? 0 : LISTING_MS);
  while (soleLeader(world) === undefined && world.problem === '') {
    if (sim.nowMs > untilMs) return world.broken('nobody leads in time');
    sim.run(sim.nowMs + LOOK_MS);
  }
}
