/**
 * `npm run bench:hostile -- [--minutes 10] [--alone 1] [--store etcd|embedded]`: one tenant does all the harm it can (100 event streams, 67 that
 * nobody reads, batches of 10,000 shards, 25 what-if plans of 1.8 MB at once, 5,000 junk session keys) beside an app that behaves well, on one daemon as built. Counts
 * the well-behaved app's containers that were fenced or ended and its shards that stopped though nobody moved them, and compares its moves with those before the other
 * came, and with those beside a stranger that takes as much time of the processor as the tenant's own processes did and has nothing to do with sm. Default: both stores,
 * one after the other. Exits 1 when a goal is missed.
 */
import {createInterface} from 'node:readline';
import {parseArgs} from 'node:util';
import {memoryOf} from './bed.ts';
import {Bed} from './hostile-bed.ts';
import type {StoreKind} from './hostile-bed.ts';
import {cpuSeconds, linesOf, p99} from './hostile-figures.ts';
import type {Phase} from './hostile-figures.ts';

/** The p99 in the mix may be so many times the one alone. */
const FACTOR = 3;
/** Code is compiled while it runs first. */
const WARM_UP_MINUTES = 0.15;

interface Times {
  readonly minutes: number;
  readonly alone: number;
}

const {values} = parseArgs({
  options: {
    minutes: {type: 'string', default: '10'},
    alone: {type: 'string', default: '1'},
    store: {type: 'string'},
  },
});

async function phase(bed: Bed, name: string, minutes: number): Promise<Phase> {
  await bed.blocks();
  const moves = await bed.movesFor(minutes);
  const made = {name, moves, blocks: await bed.blocks()};
  for (const line of linesOf(made)) console.log(line);
  return made;
}

interface Mixed {
  readonly alone: Phase;
  readonly mix: Phase;
  /** Nobody was fenced, nothing stopped. */
  readonly isUnharmed: boolean;
  /** Cores that the tenant's processes took. */
  readonly cores: number;
}

async function mixed(store: StoreKind, {minutes, alone: aloneMinutes}: Times): Promise<Mixed> {
  const bed = new Bed();
  try {
    await bed.start(store);
    await bed.movesFor(WARM_UP_MINUTES);
    const alone = await phase(bed, 'alone', aloneMinutes);
    const [from, cpu] = [bed.events.length, cpuSeconds(bed.daemon)];
    const foreign = (): number => bed.strangers.reduce((sum, child) => sum + cpuSeconds(child), 0);
    const foreignBefore = foreign();
    const tenant = bed.launchTenant();
    let did = '';
    if (tenant.stdout !== null) createInterface(tenant.stdout).on('line', (line) => (did = line));
    const mix = await phase(bed, 'in the mix', minutes);
    const cores = (foreign() - foreignBefore) / (60 * minutes);
    const news = bed.events.slice(from);
    const fenced = news.filter(({event}) => event === 'ended').length;
    const stopped = news.filter(({event, reason}) => event === 'drop' && reason !== 'moved').length;
    const reasons = new Set(news.flatMap(({reason}) => (reason === undefined ? [] : [reason])));
    console.log(
      `  containers ended: ${fenced}; shards stopped: ${stopped} (reasons: ${[...reasons].join(', ')})`,
    );
    console.log(
      `  the daemon: ${memoryOf(bed.daemon).peakMb.toFixed(0)} MB at most, ${(cpuSeconds(bed.daemon) - cpu).toFixed(0)} s of CPU; the tenant's processes ${cores.toFixed(2)} cores`,
    );
    console.log(`  failed calls: ${bed.failures.length} ${bed.failures.slice(0, 3).join('; ')}`);
    console.log(`  the tenant: ${did}`);
    return {alone, mix, isUnharmed: fenced === 0 && stopped === 0, cores};
  } finally {
    await bed.stop();
  }
}

/** The same processor time taken by who has nothing to do with sm. */
async function besideStranger(store: StoreKind, minutes: number, cores: number): Promise<Phase> {
  const bed = new Bed();
  try {
    await bed.start(store);
    await bed.movesFor(WARM_UP_MINUTES);
    const processes = Math.max(1, Math.ceil(cores));
    for (let at = 0; at < processes; at += 1)
      bed.launchElsewhere('hostile-stranger.ts', {share: cores / processes});
    return await phase(bed, 'beside a stranger', minutes);
  } finally {
    await bed.stop();
  }
}

async function measure(store: StoreKind, times: Times): Promise<boolean> {
  console.log(`\n${store}, ${times.minutes} minutes in the mix, from ${new Date().toISOString()}`);
  const {alone, mix, isUnharmed, cores} = await mixed(store, times);
  const stranger = await besideStranger(store, times.alone, cores);
  const factor = p99(mix.moves) / p99(alone.moves);
  console.log(
    `  p99 x ${factor.toFixed(1)} of alone, x ${(p99(mix.moves) / p99(stranger.moves)).toFixed(1)} of beside a stranger`,
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
