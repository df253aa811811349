/** What happens to a random session. */
import {seeCluster} from './shell.ts';
import type {World} from './world.ts';

const STALL_MS = 14_000;
const AWAY_MS = 25_000;
const RELEASE_MS = 30_000;
const ACCEPTED_AFTER_MS = 60_000;
const LOOK_EVERY_MS = 500;
const LATE_LOOK_MS = 3_000;

/** How often each comes, in a hundred; in the rest nothing happens. */
const EVENTS: readonly (readonly [number, (world: World) => void])[] = [
  [8, stall],
  [8, storeAway],
  [6, evict],
  [8, leave],
  [8, doubt],
  [4, deleteApp],
];

export function randomEvent(world: World): void {
  world.random.byShare(EVENTS)?.(world);
}

function stall(world: World): void {
  const {random, timeline} = world;
  world.say('the process stalls');
  timeline.stall(random.between(0, STALL_MS));
}

function storeAway(world: World): void {
  world.say('the store is away');
  world.awayUntilMs = world.nowMs + world.random.between(0, AWAY_MS);
}

/** By an operator, once: whoever holds the id. */
function evict(world: World): void {
  const {asked, stored, session, nowMs} = world;
  const found = stored.heartbeats.get(session.incarnation);
  if (found === undefined || asked.has('evict') || stored.id?.holder !== session.incarnation)
    return;
  world.say('an operator evicts', session.incarnation);
  asked.add('evict');
  stored.putHeartbeat(session.incarnation, {...found.value, state: 'evicting'}, nowMs);
}

function leave(world: World): void {
  const {asked, random, session, nowMs} = world;
  const releaseAtMs = random.chance(0.5) ? nowMs + random.between(0, RELEASE_MS) : undefined;
  world.say('leave', releaseAtMs ?? '');
  asked.add('leave');
  session.leave(releaseAtMs);
}

function deleteApp(world: World): void {
  world.say('the app is deleted');
  world.asked.add('delete');
  world.session.appDeleting();
}

/** The container hears of it by looking at the cluster record, until it is accepted. */
function doubt(world: World): void {
  const {stored, timeline} = world;
  if (stored.cluster.doubt !== undefined) return;
  world.say('the store is doubted');
  stored.doubt();
  look(world);
  timeline.later('store', ACCEPTED_AFTER_MS, () => {
    world.say('the store is accepted');
    stored.accept();
  });
}

function look(world: World): void {
  const {stored, timeline, session, random} = world;
  timeline.later('container', LOOK_EVERY_MS, () => {
    const {cluster} = stored;
    const lateMs = world.mishap(0.3) ? random.between(0, LATE_LOOK_MS) : 1;
    timeline.later('container', lateMs, () => seeCluster(world, cluster));
    if (cluster.doubt !== undefined || session.isHalted) look(world);
  });
}
