/**
 * Small plans and all that they were made from: the engine throws compiled code away once no object of a shape lives that the code knows. Without them, each plan
 * after a full garbage collection runs uncompiled, at a third of the speed.
 */
import type {PlacementSnapshot, Plan} from '../model/placement.ts';
import {Occupants} from './hard/occupants.ts';
import {searchedShapes} from './load/phase.ts';
import {Placer} from './matrix/assign.ts';
import {Giver} from './matrix/extras.ts';
import {LevelQueue} from './matrix/level-queue.ts';
import {Network} from './matrix/network.ts';
import {repairedShapes} from './matrix/repair.ts';
import type {Targets} from './matrix/targets.ts';
import {tabulate} from './table.ts';
import type {Table} from './table.ts';

type Work = (table: Table) => {readonly plan: Plan; readonly targets: Targets};

const SHARD = {id: 's', group: '', workerGroup: '', pin: '', current: '', prefer: '', avoid: ''};
const TERMS = {pools: new Map<string, ReadonlySet<string>>(), maxShardCount: 0};
const CONTAINERS = ['a', 'b'].map((id) => ({id, mode: 'open'}) as const);

/** `work`: makes a plan, and what it was made from. */
export function keptShapes(work: Work): readonly unknown[] {
  const loaded = tabulate(LOADED);
  return [plain(work), loaded, work(loaded), searchedShapes(loaded), bounded(work)];
}

function plain(work: Work): readonly unknown[] {
  const table = tabulate({...TERMS, shards: [SHARD], containers: CONTAINERS});
  const {plan, targets} = work(table);
  const {demand, levels, cells} = targets;
  return [
    ...[table, plan, targets],
    new Giver(demand, levels, cells, new Map(), undefined),
    new LevelQueue(Int32Array.of(0, 1), new Int32Array(2), Int32Array.of(0, 1)),
    new Placer(table, targets, plan.target, undefined),
  ];
}

function bounded(work: Work): readonly unknown[] {
  const table = tabulate(BOUNDED);
  const {plan, targets} = work(table);
  const {demand, levels, cells, zones} = targets;
  return [
    ...[table, plan, targets, new Occupants(table)],
    new Giver(demand, levels, cells, new Map(), zones),
    repairedShapes(new Network(demand, levels, cells, zones, undefined)),
    repairedShapes(new Network(demand, levels, cells, zones, table.caps)),
  ];
}

/** Two containers that differ in load, and nothing else that counts. */
const LOADED: PlacementSnapshot = {
  ...TERMS,
  containers: CONTAINERS,
  metrics: [{name: 'load', upper: 1.2, lower: 1.1}],
  shards: [7.5, 6.5, 5.5, 1.5, 1.25, 0.5].map((load, at) => ({
    ...{...SHARD, id: `s${at}`, current: at < 3 ? 'a' : 'b'},
    load: [load],
  })),
};

/** Zones, weights, a pin, a worker group, and a capacity that binds. */
const BOUNDED: PlacementSnapshot = {
  ...TERMS,
  spreadZones: true,
  pools: new Map([['w', new Set(['a', 'b'])]]),
  containers: ['a', 'b', 'c'].map((id, at) => ({
    ...{id, mode: 'open', zone: `z${at % 2}`, weight: 1 + (at % 2)},
    capacity: at === 0 ? 1 : 0,
  })),
  shards: Array.from({length: 9}, (_, at) => ({
    ...{...SHARD, id: `s${at}`, group: `g${at % 2}`, current: at < 6 ? 'a' : ''},
    pin: at === 8 ? 'b' : '',
    workerGroup: at % 3 === 0 ? 'w' : '',
  })),
};
