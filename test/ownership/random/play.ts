/** Plays one random session to its end. */
import {checkEnd, checkHandles} from './checks.ts';
import {randomEvent} from './events.ts';
import {govern} from './governor.ts';
import {turn} from './shell.ts';
import {World} from './world.ts';

/** Longer than a doubt, a hook that hangs and every limit after them. */
const CALM_MS = 200_000;
const START_MS = 3_000;
const EVENT_EVERY_MS = 8_000;
/** Alarms in a row that are due at once. */
const ALARMS_LIMIT = 50;

export interface PlayedSession {
  /** What was broken, then what had happened before, oldest first; '' for nothing. */
  readonly problem: string;
  /** How it has ended, or that it goes on. */
  readonly end: string;
}

export function playSession(seed: number): PlayedSession {
  const world = new World(seed);
  try {
    play(world);
    return {problem: '', end: world.ends[0] ?? 'goes on'};
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    return {problem: `${what}\n${world.story()}`, end: 'broken'};
  }
}

function play(world: World): void {
  const {random} = world;
  turn(world);
  govern(world);
  if (random.chance(0.8)) pass(world, START_MS);
  world.isCalm = false;
  for (let events = random.chance(0.5) ? 3 : 10; events > 0; events -= 1) {
    if (!world.ended) randomEvent(world);
    if (!world.ended) turn(world);
    pass(world, random.between(0, EVENT_EVERY_MS));
  }
  world.say('calm');
  world.isCalm = true;
  world.awayUntilMs = 0;
  pass(world, CALM_MS);
  checkEnd(world);
}

/** Time goes on by so many ms, or until the session has ended. */
function pass(world: World, durationMs: number): void {
  const {timeline, session} = world;
  const untilMs = world.nowMs + durationMs;
  let alarms = 0;
  while (world.nowMs < untilMs && !world.ended) {
    const wakeAtMs = session.wakeAtMs(world.nowMs);
    alarms = wakeAtMs > world.nowMs ? 0 : alarms + 1;
    if (alarms > ALARMS_LIMIT) throw new Error(`spins while ${session.phase}`);
    // No timer comes at once.
    const alarmMs = timeline.awakeMs(Math.max(wakeAtMs, world.nowMs + 1));
    const place = timeline.next(Math.min(alarmMs, untilMs));
    if (place === 'container' || (place === undefined && world.nowMs >= alarmMs)) turn(world);
    checkHandles(world);
  }
}
