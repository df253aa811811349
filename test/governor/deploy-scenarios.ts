/** What deploys, crashes and scale-outs do to the shards of an app, on a governor with a clock of its own. */
import type {AppSpec} from '../../src/model/specs.ts';
import {FleetBed} from './fleet-bed.ts';

export interface DeployFigures {
  readonly movesPerShard: number;
  /** Least that can be: what every shard must do, and what an even end needs. */
  readonly least: number;
  /** Most moves of one shard. */
  readonly mostMoved: number;
  /** Highest count of a container to the even share of the desired number of containers. */
  readonly worst: number;
  /** Seconds from the last step of the deploy until every shard is served. */
  readonly servedS: number;
  /** Seconds from then until nothing is left to do. */
  readonly restS: number;
  /** Highest less lowest count at the end. */
  readonly spread: number;
}

interface Started {
  readonly bed: FleetBed;
  readonly ids: readonly string[];
}

type Spec = Partial<AppSpec>;

/** Each container of 20 leaves in order and comes back under its id 5 s later; the next one 5 s after that. */
export function rollingRestart(containers = 20, shards = 2_000, spec: Spec = {}): DeployFigures {
  const {bed, ids} = started(containers, shards, spec);
  for (const id of ids) {
    bed.leave(id);
    bed.until(() => bed.isGone(id));
    bed.pass(5_000);
    bed.join(id, {version: 'v2'});
    bed.pass(5_000);
  }
  // The first one's shards move twice, and the last one has to be filled again.
  return figures(bed, 1 + 2 / containers);
}

/** One more comes up under a new id, then an old one leaves, and so on. */
export function surge(
  containers = 20,
  shards = 2_000,
  {sameVersion = false, spec = {} as Spec} = {},
): DeployFigures {
  const {bed, ids} = started(containers, shards, spec);
  for (const id of ids) {
    bed.join(`${id}-new`, {version: sameVersion ? 'v1' : 'v2'});
    bed.pass(10_000);
    bed.leave(id);
    bed.until(() => bed.isGone(id));
  }
  return figures(bed, 1);
}

/** Containers join one by one. */
export function scaleOut(from = 20, to = 200, shards = 4_000, spec: Spec = {}): DeployFigures {
  const {bed} = started(from, shards, spec);
  let least = 0;
  for (let at = from; at < to; at += 1) {
    bed.desired = at + 1;
    least += 1 / (at + 1);
    bed.join(`c${at}`, {version: 'v1'});
    bed.pass(15_000);
  }
  return figures(bed, least);
}

/** One dies; another comes up under a new id after 5 s. Its shards may wait for it for a minute. */
export function crashWithNewId(containers = 20, shards = 2_000, spec: Spec = {}): DeployFigures {
  const {bed, ids} = started(containers, shards, {maxRecoveryTime: 60, ...spec});
  bed.kill(ids[0] ?? '');
  bed.pass(5_000);
  bed.join('c-new', {version: 'v1'});
  return figures(bed, 1 / containers);
}

/** One dies and comes back under its id ten times, 15 s later each time. */
export function flapping(containers = 20, shards = 2_000, spec: Spec = {}): DeployFigures {
  const {bed, ids} = started(containers, shards, spec);
  const [id = ''] = ids;
  for (let round = 0; round < 10; round += 1) {
    bed.kill(id);
    bed.until(() => bed.isGone(id));
    bed.pass(15_000);
    bed.join(id, {version: 'v1'});
    bed.pass(15_000);
  }
  // Its shards once away: at the end it is still refusing, as what ended so often gets one shard on trial.
  return figures(bed, 1 / containers);
}

function started(containers: number, shards: number, spec: Spec): Started {
  const bed = new FleetBed({shards, spec});
  const ids = Array.from({length: containers}, (_, at) => `c${at}`);
  for (const id of ids) bed.join(id, {version: 'v1'});
  bed.desired = containers;
  bed.rest();
  bed.pass(120_000);
  bed.count();
  return {bed, ids};
}

function figures(bed: FleetBed, least: number): DeployFigures {
  const servedMs = bed.until(() => bed.served === bed.shards);
  const restMs = bed.rest();
  const counts = Object.values(bed.counts);
  return {
    ...{movesPerShard: bed.movesPerShard, mostMoved: bed.mostMoved, worst: bed.worst, least},
    ...{servedS: servedMs / 1_000, restS: restMs / 1_000},
    spread: Math.max(...counts) - Math.min(...counts),
  };
}
