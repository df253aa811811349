/**
 * `npm run bench:hostile -- [--minutes 10] [--alone 1] [--store etcd|embedded]`: one tenant does all the harm it can (100 event streams, 67 that
 * nobody reads, batches of 10,000 shards, 25 what-if plans of 1.8 MB at once, 5,000 junk session keys) beside an app that behaves well, on one daemon as built. Counts
 * the well-behaved app's containers that were fenced or ended and its shards that stopped though nobody moved them, and compares its moves with those before the other
 * came. Then the tenant does the same to another daemon with a store of its own: what the moves of the first one take beside that is the part of the machine alone, the
 * floor that no daemon could pass under. Default: both stores, one after the other. Exits 1 when a goal is missed.
 */
import {createInterface} from 'node:readline';
import {memoryOf} from './bed.ts';
import {Bed} from './hostile-bed.ts';
import type {StoreKind} from './hostile-bed.ts';
import {cpuSeconds, linesOf, p99} from './hostile-figures.ts';
import type {Phase} from './hostile-figures.ts';
import {scriptOptions} from '../support/script-options.ts';

/** The p99 in the mix may be so many times the one alone. */
const FACTOR = 3;
/** Code is compiled while it runs first. */
const WARM_UP_MINUTES = 0.15;

interface Times {
  readonly minutes: number;
  readonly alone: number;
}

const values = scriptOptions(import.meta.filename, {
  minutes: {type: 'string', default: '10'},
  alone: {type: 'string', default: '1'},
  store: {type: 'string'},
});

async function phase(bed: Bed, name: string, minutes: number): Promise<Phase> {
  await bed.blocks();
  const moves = await bed.movesFor(minutes);
  const made = {name, moves, blocks: await bed.blocks()};
  for (const line of linesOf(made)) console.log(line);
  return made;
}

/** Cores that the tenant took. */
interface Cores {
  /** By its own processes. */
  readonly elsewhere: number;
  /** By what serves it: what daemon and store took beyond what they take for the other app alone. */
  readonly serving: number;
}

interface Mixed {
  readonly alone: Phase;
  readonly mix: Phase;
  /** Nobody was fenced, nothing stopped. */
  readonly isUnharmed: boolean;
}

/** A phase, and the cores that those processes took in it. */
async function measured(
  bed: Bed,
  name: string,
  minutes: number,
): Promise<{made: Phase; cores: Cores}> {
  const sum = (some: Bed['serving']): number =>
    some.reduce((seconds, one) => seconds + cpuSeconds(one), 0);
  const taken = (): number[] => [sum(bed.strangers), sum(bed.serving)];
  const [sinceMs, before] = [performance.now(), taken()];
  const made = await phase(bed, name, minutes);
  const seconds = (performance.now() - sinceMs) / 1_000;
  const [elsewhere = 0, serving = 0] = taken().map(
    (after, at) => (after - (before[at] ?? 0)) / seconds,
  );
  return {made, cores: {elsewhere, serving}};
}

async function mixed(store: StoreKind, {minutes, alone: aloneMinutes}: Times): Promise<Mixed> {
  const bed = new Bed();
  try {
    await bed.start(store);
    await bed.movesFor(WARM_UP_MINUTES);
    const {made: alone, cores: quiet} = await measured(bed, 'alone', aloneMinutes);
    const [from, cpu] = [bed.events.length, cpuSeconds(bed.daemon)];
    const tenant = bed.launchTenant();
    let did = '';
    if (tenant.stdout !== null) createInterface(tenant.stdout).on('line', (line) => (did = line));
    const {made: mix, cores: busy} = await measured(bed, 'in the mix', minutes);
    const cores = {elsewhere: busy.elsewhere, serving: Math.max(0, busy.serving - quiet.serving)};
    const news = bed.events.slice(from);
    const fenced = news.filter(({event}) => event === 'ended').length;
    const stopped = news.filter(({event, reason}) => event === 'drop' && reason !== 'moved').length;
    const reasons = new Set(news.flatMap(({reason}) => (reason === undefined ? [] : [reason])));
    console.log(
      `  containers ended: ${fenced}; shards stopped: ${stopped} (reasons: ${[...reasons].join(', ')})`,
    );
    console.log(
      `  the daemon: ${memoryOf(bed.daemon).peakMb.toFixed(0)} MB at most, ${(cpuSeconds(bed.daemon) - cpu).toFixed(0)} s of CPU; the tenant took ${cores.elsewhere.toFixed(2)} cores by its own processes and ${cores.serving.toFixed(2)} by what serves it`,
    );
    console.log(`  failed calls: ${bed.failures.length} ${bed.failures.slice(0, 3).join('; ')}`);
    console.log(`  the tenant: ${did}`);
    return {alone, mix, isUnharmed: fenced === 0 && stopped === 0};
  } finally {
    await bed.stop();
  }
}

/** How many times longer the moves take while the tenant does the same to another daemon, with a store of its own: only the machine is shared. */
async function floor(store: StoreKind, {minutes, alone: aloneMinutes}: Times): Promise<number> {
  const [bed, other] = [new Bed(), new Bed()];
  try {
    await bed.start(store);
    await other.start(store);
    await bed.movesFor(WARM_UP_MINUTES);
    const alone = await phase(bed, 'alone, beside another daemon at rest', aloneMinutes);
    other.launchTenant();
    const apart = await phase(bed, 'the tenant at another daemon', minutes);
    return p99(apart.moves) / p99(alone.moves);
  } finally {
    await bed.stop();
    await other.stop();
  }
}

async function measure(store: StoreKind, times: Times): Promise<boolean> {
  console.log(`\n${store}, ${times.minutes} minutes in the mix, from ${new Date().toISOString()}`);
  const {alone, mix, isUnharmed} = await mixed(store, times);
  const factor = p99(mix.moves) / p99(alone.moves);
  const floorFactor = await floor(store, times);
  console.log(
    `  p99 x ${factor.toFixed(1)} of alone; the floor, with the tenant at another daemon on this machine: x ${floorFactor.toFixed(1)}`,
  );
  return isUnharmed && factor <= FACTOR;
}

const stores: readonly StoreKind[] =
  values.store === undefined
    ? ['etcd', 'embedded']
    : [values.store === 'embedded' ? 'embedded' : 'etcd'];
let met = true;
for (const store of stores) {
  const isMet = await measure(store, {
    minutes: Number(values.minutes),
    alone: Number(values.alone),
  });
  met &&= isMet;
}
process.exit(met ? 0 : 1);
