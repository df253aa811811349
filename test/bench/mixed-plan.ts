/**
 * `npm run bench:mixed [-- SHARDSxCONTAINERS]`: plans from cold, and after a loss, where all rules meet: against one counting sort of the same table in the same
 * process, by CPU time, the least of several runs that take turns. Default 100000x1000.
 */
import type {
  PlacementContainer,
  PlacementShard,
  PlacementSnapshot,
  Plan,
} from '../../src/model/placement.ts';
import {planTable} from '../../src/planner/index.ts';
import {tabulate} from '../../src/planner/table.ts';
import {applied} from '../planner/instances.ts';
import {countingSort} from './counting-sort.ts';
import {leastInTurns} from './cpu-time.ts';

const RUNS = 9;
const SORTS = 20;
const [ZONES, POOLS, GROUPS, SEED] = [3, 20, 100, 12];
/** Of a hundred shards. */
const PINNED = 5;
/** Shards of the hottest to those of the coldest, as powers of ten. */
const LOAD_RANGE = 2;

/** Numbers below 1, the same on every machine. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Pins, overlapping worker groups, a limit of shards that binds on a tenth of the containers, groups spread over zones. */
function rules(n: number, m: number): PlacementSnapshot {
  const chance = numbers(SEED);
  const ids = Array.from({length: m}, (_, at) => `c${at}`);
  const any = (below: number): number => Math.floor(chance() * below);
  const pools = new Map(
    Array.from({length: POOLS}, (_, pool) => {
      const members = ids.filter((_id, at) => at % POOLS === pool || chance() < 0.1);
      return [`w${pool}`, new Set(members)] as const;
    }),
  );
  const shards = Array.from({length: n}, (_, at): PlacementShard => {
    const isPinned = any(100) < PINNED;
    const pooled = !isPinned && any(2) === 0;
    return {
      ...{id: `s${at}`, current: '', prefer: '', avoid: '', group: `g${any(GROUPS)}`},
      pin: isPinned ? (ids[any(m)] ?? '') : '',
      workerGroup: pooled ? `w${any(POOLS)}` : '',
    };
  });
  const containers = ids.map((id, at): PlacementContainer => {
    const capped = at % 10 === 0 ? {capacity: Math.floor((0.8 * n) / m)} : {};
    return {id, mode: 'open', zone: `z${at % ZONES}`, ...capped};
  });
  return {shards, containers, pools, maxShardCount: 0, spreadZones: true};
}

/** Two metrics, zones and weights. */
function loads(n: number, m: number): PlacementSnapshot {
  const chance = numbers(SEED);
  const base = rules(n, m);
  const load = (): number => 10 ** (LOAD_RANGE * chance());
  return {
    ...base,
    pools: new Map(),
    metrics: ['qps', 'bytes'].map((name) => ({name, upper: 1.2, lower: 1.1})),
    shards: base.shards.map((one) => ({
      ...one,
      pin: '',
      workerGroup: '',
      load: [load(), load()],
    })),
    containers: base.containers.map(({id, mode, zone = ''}, at) => ({
      ...{id, mode, zone},
      weight: 1 + (at % 3),
    })),
  };
}

function report(title: string, snapshot: PlacementSnapshot): void {
  const table = tabulate(snapshot);
  const cold = planTable(table);
  const {containers} = snapshot;
  const settled = applied(snapshot, cold);
  const lost = tabulate({...settled, containers: containers.slice(1)});
  const after = planTable(lost);
  // A unit is short: several in a run, or the clock's own step is what is measured.
  const sorts = (): void => {
    for (let time = 0; time < SORTS; time += 1) countingSort(cold.target, containers.length);
  };
  const works = [() => planTable(table), () => planTable(lost), sorts];
  const [coldMs = 0, lostMs = 0, sortsMs = 0] = leastInTurns(works, RUNS);
  const unitMs = sortsMs / SORTS;
  console.log(`${title}: one counting sort takes ${unitMs.toFixed(2)} ms of CPU`);
  row(`${title}: cold start`, coldMs, unitMs, cold);
  row(`${title}: one container lost`, lostMs, unitMs, after);
}

function row(what: string, ms: number, unitMs: number, {moves, unplaced}: Plan): void {
  const cells = [
    what.padEnd(66),
    `${ms.toFixed(0)} ms`.padStart(10),
    `${(ms / unitMs).toFixed(0)} x`.padStart(8),
    String(moves.length).padStart(8),
    String(unplaced.length).padStart(10),
  ];
  console.log(cells.join(''));
}

const [size = '100000x1000'] = process.argv.slice(2);
const [n = 0, m = 0] = size.split('x').map(Number);
if (!(n > 0 && m > 0)) throw new Error(`SHARDSxCONTAINERS, not ${size}`);
console.log(
  `${'plan'.padEnd(66)}${'CPU'.padStart(10)}${'sorts'.padStart(8)}${'moves'.padStart(8)}${'unplaced'.padStart(10)}`,
);
report('pins, pools, caps, zones', rules(n, m));
report('two metrics, zones, weights', loads(n, m));
