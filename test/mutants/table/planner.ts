/** The planner: what must be, what comes first, and what is kept from plan to plan. */
import {inFile, testsOf} from '../mutant.ts';
import type {Mutant} from '../mutant.ts';

const SCENARIOS = testsOf('test/planner/scenarios.test.ts');
const FIGURES = testsOf('test/planner/figures.test.ts');
const KEPT = testsOf('test/planner/warm-table.test.ts');
const LOAD = testsOf('test/planner/load.test.ts');
const TRIALS = testsOf('test/planner/trials.test.ts');
const CHECK = testsOf('test/planner/check.test.ts');

/** What containers may hold, and shards weigh. */
const COLUMNS: readonly Mutant[] = [
  ...inFile('src/planner/columns.ts', [
    {
      name: 'loads are added as they come',
      breaks: 'planner.md: the same snapshot in any order gives the same plan',
      find: 'Math.round(((loads[at] ?? 0) / greatest) * LOAD_PARTS) / LOAD_PARTS;',
      replace: '(loads[at] ?? 0) / greatest;',
      killed: LOAD('load > is added to the same sums in whatever order shards come'),
    },
    {
      name: 'all containers weigh the same',
      breaks: 'planner.md: a container with weight 2 holds twice the shards',
      find: 'if (weight === 1 || !(weight >= 0)) return WEIGHT_PARTS;',
      replace: 'if (weight !== 0) return WEIGHT_PARTS;',
      killed: SCENARIOS('weight-two-holds-twice'),
    },
    {
      name: 'a container holds one more than its limit',
      breaks: 'planner.md: limits are never broken by what comes',
      find: 'Math.min(UNLIMITED, Math.floor(limit))',
      replace: 'Math.min(UNLIMITED, Math.floor(limit) + 1)',
      killed: SCENARIOS('priorities-when-room-is-short'),
    },
    {
      name: 'zones are not told apart',
      breaks: 'planner.md: shards of a group are spread over zones',
      find: 'if (names.length < 2) return undefined;',
      replace: 'if (names.length < 9) return undefined;',
      killed: SCENARIOS('zones-split-each-group'),
    },
  ]),
  ...inFile('src/planner/table.ts', [
    {
      name: 'ties are broken by the order of the input',
      breaks: 'planner.md: the same snapshot in any order gives the same plan',
      find: '  keys.sort();\n',
      replace: '',
      killed: KEPT('a table that is kept > has space for as many as come'),
    },
    {
      name: 'a pin to a container that is gone is no pin',
      breaks: 'planner.md: a pinned shard runs on its container or nowhere',
      find: 'name > 0 && at < 0 ? NOT_LIVING : at',
      replace: 'at',
      killed: SCENARIOS('pin-changed'),
    },
  ]),
  ...inFile('src/planner/shard-columns.ts', [
    {
      name: 'the columns of a removed shard stay',
      breaks: 'planner.md: a kept table is a fresh one of the same shards',
      find: 'for (const column of all(this.numbers)) column[at] = column[this.count] ?? 0;',
      replace: '',
      killed: KEPT('a table that is kept > has space for as many as come'),
    },
    {
      name: 'columns that grow forget what they have',
      breaks: 'planner.md: a kept table is a fresh one of the same shards',
      find: 'column.set(known[index] ?? []);',
      replace: 'column.set(known[index]?.subarray(0, 0) ?? []);',
      killed: KEPT('a table that is kept > has space for as many as come'),
    },
  ]),
  ...inFile('src/planner/warm-table.ts', [
    {
      name: 'readiness goes to the shard that takes the row',
      breaks: 'planner.md: what has become ready may be tried elsewhere',
      find: '    this.isReady[at] = isReady;\n    this.indexes.set(last, at);',
      replace: '    this.indexes.set(last, at);',
      killed: KEPT('a table that is kept > knows who is ready when another has gone'),
    },
    {
      name: 'a fresh start keeps what was known',
      breaks: 'planner.md: a kept table is a fresh one of the same shards',
      find: 'if (isFresh) this.clear();',
      replace: '',
      killed: KEPT('a table that is kept > begins anew with what is fresh'),
    },
  ]),
];

/** Who must stay, who must go, who comes first. */
const VERDICTS: readonly Mutant[] = [
  ...inFile('src/planner/sorting.ts', [
    {
      name: 'pins are ignored',
      breaks: 'planner.md: a pinned shard runs on its container or nowhere',
      find: 'table.pin[shard] === -1 ? ofUnpinned(table, shard) : ofPinned(table, shard);',
      replace: 'ofUnpinned(table, shard);',
      killed: SCENARIOS('pin-changed'),
    },
    {
      name: 'a cordoned container loses its shards',
      breaks: 'planner.md: cordoned: takes nothing new, keeps what is there',
      find: 'if (allowed && table.mode[current] === CLOSED) return STAYS;',
      replace: '',
      killed: SCENARIOS('cordoned-keeps-takes-nothing'),
    },
    {
      name: 'a shard outside its worker group stays',
      breaks: 'planner.md: only a broken pin or pool drops a running shard',
      find: 'return pool !== undefined && pool.has[current] !== 1;',
      replace: 'return false;',
      killed: SCENARIOS('pool-without-living-member'),
    },
  ]),
  ...inFile('src/planner/index.ts', [
    {
      name: 'why a shard has no container is lost',
      breaks: 'planner.md: every shard without a container carries one reason',
      find: "sorted.homeless.get(shard) ?? refused.get(shard) ?? 'capacity'",
      replace: "refused.get(shard) ?? 'capacity'",
      killed: SCENARIOS('pin-changed'),
    },
    {
      name: 'a refusal by a rule counts as one by room',
      breaks: 'planner.md: every shard without a container carries one reason',
      find: "sorted.homeless.get(shard) ?? refused.get(shard) ?? 'capacity'",
      replace: "sorted.homeless.get(shard) ?? 'capacity'",
      killed: SCENARIOS('spread-keys-apart'),
    },
    {
      name: 'what must be dropped goes on',
      breaks: 'planner.md: only a broken pin or pool drops a running shard',
      find: 'mustDrop: runsForbidden(table, shard)}',
      replace: 'mustDrop: false}',
      killed: SCENARIOS('pin-changed'),
    },
  ]),
  ...inFile('src/planner/moves.ts', [
    {
      name: 'the shards of a draining container move for balance',
      breaks: 'planner.md: forced moves come first, and need no leave',
      find: "if (table.mode[from] === DRAINING) return 'drain';",
      replace: '',
      killed: SCENARIOS('drain-one-of-three'),
    },
    {
      name: 'room is made before what must move',
      breaks: 'planner.md: constraint, drain, capacity, then what is voluntary',
      find: "['constraint', 'drain', 'capacity']",
      replace: "['capacity', 'drain', 'constraint']",
      killed: SCENARIOS('spread-key-broken-is-repaired'),
    },
  ]),
  ...inFile('src/planner/capacity-moves.ts', [
    {
      name: 'a move that makes room waits for leave',
      breaks: 'planner.md: what frees room for a new shard is not voluntary',
      find: "marked[at] = {...move, cause: 'capacity'};",
      replace: '',
      killed: SCENARIOS('wide-pool-leaves-room-for-narrow'),
    },
  ]),
];

/** How many go where. */
const COUNTS: readonly Mutant[] = [
  ...inFile('src/planner/matrix/zone-shares.ts', [
    {
      name: 'a zone has the share of one container',
      breaks: 'planner.md: a zone has the shares of its containers',
      find: 'share * weight * members.length;',
      replace: 'share * weight;',
      killed: SCENARIOS('zones-split-each-group'),
    },
  ]),
  ...inFile('src/planner/matrix/levels.ts', [
    {
      name: 'who has more than its share by pins gets free shards, too',
      breaks: 'planner.md: water level over pins',
      find: 'if (count * left <= shared * weightOf(container)) break;',
      replace: 'if (count > 0) break;',
      killed: SCENARIOS('pinned-above-level'),
    },
    {
      name: 'there is no slack',
      breaks: 'planner.md: countSlack',
      find: 'this.slack = demand.slack;',
      replace: 'this.slack = 0;',
      killed: SCENARIOS('slack-saves-swaps'),
    },
  ]),
  ...inFile('src/planner/matrix/repair.ts', [
    {
      name: 'totals stay uneven',
      breaks: 'planner.md: totals are the sum of the shares, rounded down or up',
      find: 'if (network.isSource(network.slack)) return true;\n',
      replace: 'if (network.slack > 0) return false;\n',
      killed: SCENARIOS('chain-through-pools'),
    },
  ]),
  ...inFile('src/planner/matrix/demand.ts', [
    {
      name: 'who is urgent waits as long as the others',
      breaks: 'planner.md: priorities where room is short',
      find: 'row.sort((a, b) => key(b) - key(a)),',
      replace: 'row.sort((a, b) => key(a) - key(b)),',
      killed: SCENARIOS('priorities-when-room-is-short'),
    },
  ]),
  ...inFile('src/planner/figures.ts', [
    {
      name: 'the fewest moves of a group are too many',
      breaks: 'planner.md: moves against the lower bound',
      find: 'return leaving === 0 ? 0 : leaving - Math.min(savers, extrasOf(demand, levels, cells, bucket));',
      replace: 'return leaving;',
      killed: FIGURES('moves of one group are the bound'),
    },
    {
      name: 'the fewest moves over all groups are not counted',
      breaks: 'planner.md: moves against the lower bound',
      find: 'return Math.max(sum, departuresOfTotals(targets, totals));',
      replace: 'return sum;',
      killed: FIGURES('moves of many groups of one are what the totals demand'),
    },
    {
      name: 'moves off draining containers are no part of the bound',
      breaks: 'planner.md: moves against the lower bound',
      find: 'movesAtLeast: forced.length + departuresAtLeast',
      replace: 'movesAtLeast: departuresAtLeast',
      killed: FIGURES('a pin that is not there, and a drain, are moves that nobody can save'),
    },
  ]),
];

/** What no count says: limits, spread keys, load, trials. */
const RULES: readonly Mutant[] = [
  ...inFile('src/planner/hard/rehome.ts', [
    {
      name: 'shards of one spread key are placed together',
      breaks: 'planner.md: shards of one spread key are apart',
      find: 'if (this.assignment.occupants.fits(shard, to)) this.assignment.assign(shard, to);\n      else misfits.push(shard);',
      replace: 'this.assignment.assign(shard, to);',
      killed: SCENARIOS('spread-keys-apart'),
    },
    {
      name: 'shards of one spread key stay together',
      breaks: 'planner.md: shards of one spread key are apart',
      find: 'else if (this.assignment.occupants.fitsKey(shard, to)) this.assignment.assign(shard, to);',
      replace: 'else if (to >= 0) this.assignment.assign(shard, to);',
      killed: SCENARIOS('spread-key-broken-is-repaired'),
    },
    {
      name: 'a broken limit stays broken',
      breaks: 'planner.md: what is above a limit leaves, the least that is enough',
      find: '    relieveOverflows(this.assignment);\n',
      replace: '',
      killed: SCENARIOS('limit-broken-is-repaired'),
    },
    {
      name: 'nobody makes room for a shard that fits nowhere',
      breaks: 'planner.md: as many are placed as can be',
      find: 'return this.freeCapacity(shard, from, new Set([shard]));',
      replace: 'return false;',
      killed: LOAD(
        'limits and spread keys > as many are placed as can be, shards of one key apart',
      ),
    },
    {
      name: 'room that is left over stays empty',
      breaks: 'planner.md: as many are placed as can be',
      find: 'if (movesOthers) this.placeAnywhere(shard, -1);',
      replace: 'if (movesOthers) continue;',
      killed: SCENARIOS('room-that-others-cannot-use'),
    },
    {
      name: 'what comes to a limit comes in any order',
      breaks: 'planner.md: who is urgent is placed first',
      find: '(priorities?.[b] ?? 0) - (priorities?.[a] ?? 0) ||\n',
      replace: '',
      killed: SCENARIOS('priorities-at-a-limit'),
    },
  ]),
  ...inFile('src/planner/hard/occupants.ts', [
    {
      name: 'a limit cannot be reached',
      breaks: 'planner.md: a container may be full',
      find: '(this.load[at] ?? 0) + more - less > (limits.ofContainers[at] ?? 0)',
      replace: '(this.load[at] ?? 0) + more - less >= (limits.ofContainers[at] ?? 0)',
      killed: SCENARIOS('priorities-at-a-limit'),
    },
  ]),
  ...inFile('src/planner/load/phase.ts', [
    {
      name: 'what has moved lately moves again for load',
      breaks: 'planner.md: cooldown',
      find: 'freeBut(isFree, stays, cooling)',
      replace: 'isFree',
      killed: SCENARIOS('load-cooling-stays'),
    },
    {
      name: 'load is balanced within its band',
      breaks: 'planner.md: inside the band nobody moves',
      find: '> (bands[metric]?.upper ?? 1)) return true;',
      replace: '> 1) return true;',
      killed: SCENARIOS('load-inside-the-band-stays'),
    },
  ]),
  ...inFile('src/planner/rest.ts', [
    {
      name: 'an unproved container takes what runs',
      breaks: 'planner.md: of running shards an unproved container gets only its trial',
      find: '(target[shard] ?? -1) < 0 && !runsAllowed(table, shard)',
      replace: '(target[shard] ?? -1) < 0',
      killed: TRIALS(
        'an unproved container > takes no running shard beside another of its key that stays on a closed container',
      ),
    },
  ]),
  ...inFile('src/planner/trials.ts', [
    {
      name: 'a container is tried before it is due',
      breaks: 'planner.md: trials',
      find: 'filter((at) => isBit(table, at, TRIAL_DUE))',
      replace: 'filter((at) => isBit(table, at, UNPROVED))',
      killed: TRIALS(
        'an unproved container > gets none while its trial is not due, nor one that balance would not bring there',
      ),
    },
    {
      name: 'what has failed most is tried first',
      breaks: 'planner.md: trials, the fewest failures first',
      find: 'if (failures >= least || !isMeant(shard)) continue;',
      replace: 'if (least < Number.POSITIVE_INFINITY || !isMeant(shard)) continue;',
      killed: TRIALS(
        'an unproved container > is tried with what runs nowhere, the fewest failures first, before anything that runs',
      ),
    },
  ]),
  ...inFile('src/planner/check.ts', [
    {
      name: 'a plan above a limit passes',
      breaks: 'planner.md: the check on the way out',
      find: 'count <= Math.max(cap, before[container] ?? 0),',
      replace: 'count >= 0,',
      killed: CHECK('a shard above the limit stops the governor'),
    },
    {
      name: 'a plan that forgets a shard passes',
      breaks: 'planner.md: the check on the way out',
      find: 'nowhere === plan.unplaced.length,',
      replace: 'nowhere >= plan.unplaced.length,',
      killed: CHECK('a shard nowhere without a reason stops the governor'),
    },
  ]),
];

export const PLANNER_MUTANTS: readonly Mutant[] = [...COLUMNS, ...VERDICTS, ...COUNTS, ...RULES];
