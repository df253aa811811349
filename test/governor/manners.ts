/** Containers that add well, slowly, never or with errors, on the bed of the governor. */
import {expect} from 'vitest';
import {GovernorBed} from './governor-bed.ts';

export const FIRST_PLAN_MS = 3_000;
export const HEALTHY = ['c1', 'c2'];
export const ALL = [...HEALTHY, 'c3'];
export const shardIds = (count: number): string[] =>
  Array.from({length: count}, (_, index) => `s${index}`);
export const TWELVE = shardIds(12);

/** `slow`: an add takes some seconds. */
type Manner = 'works' | 'slow' | 'refuses' | 'hangs';

const SLOW_ADD_MS = 5_000;

/** Everybody acts on the records at once: lets go, claims, and makes ready, fails or hangs. */
export function act(bed: GovernorBed, manners: Readonly<Record<string, Manner>>): void {
  for (const [shard, {value}] of [...bed.own]) {
    const manner = manners[value.container];
    if (value.state === 'dropping') bed.free([shard]);
    if (value.state !== 'assigned' || manner === undefined) continue;
    bed.claim([shard], manner === 'works');
    if (manner === 'refuses') bed.free([shard], 'no disk');
    if (manner === 'slow') slowAdds.push({bed, shard, endMs: bed.nowMs + SLOW_ADD_MS});
  }
  for (const add of slowAdds.splice(0))
    if (add.bed !== bed || add.endMs > bed.nowMs) slowAdds.push(add);
    else bed.ready(add.shard);
}

const slowAdds: {readonly bed: GovernorBed; readonly shard: string; readonly endMs: number}[] = [];

/** Most shards that are not ready at one instant, while so many ms pass. */
export function live(
  bed: GovernorBed,
  ms: number,
  manners: Readonly<Record<string, Manner>>,
): number {
  const beating = Object.keys(manners);
  let worst = 0;
  for (let passed = 0; passed < ms; passed += 100) {
    bed.pass(100, beating);
    worst = Math.max(worst, [...bed.own.values()].filter(({value}) => !value.ready).length);
    act(bed, manners);
  }
  return worst;
}

export function placed(shards: readonly string[] = TWELVE, containers = HEALTHY): GovernorBed {
  const bed = new GovernorBed(shards);
  for (const container of containers) bed.join(container);
  live(bed, FIRST_PLAN_MS, works(containers));
  expect([...bed.own.values()].every(({value}) => value.ready)).toBe(true);
  return bed;
}

export function works(containers: readonly string[]): Record<string, Manner> {
  return Object.fromEntries(containers.map((container) => [container, 'works']));
}

export function held(bed: GovernorBed, container: string): number {
  return Object.values(bed.places).filter((place) => place === `owned ${container}`).length;
}

export function tries(bed: GovernorBed, container: string): number {
  return bed.writes.filter(
    ({transition: {record}}) => record?.state === 'assigned' && record.container === container,
  ).length;
}
