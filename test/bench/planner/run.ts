/**
 * `npm run bench:planner [-- SHARDSxCONTAINERS] [--rows counts,loads,noise,event,times] [--rebalancer PYTHON]`: the planner against its goals, and other ways to
 * place on the same instances. Times are CPU times as multiples of one counting sort of the same table, which takes turns with them. The size is that of rows 1 to
 * 5, by default 1000000x10000. PYTHON: one that has Meta's `rebalancer`, which then is measured, too.
 */
import {parseArgs} from 'node:util';
import {boundRows, oracleRows} from './counts.ts';
import {budgetRow, coldLoadRow, departureRows} from './loads.ts';
import {noiseRow} from './noise.ts';
import {printHead, printLine} from './report.ts';
import {eventRow, memoryRow, timeRows} from './times.ts';

const {values, positionals} = parseArgs({
  options: {rebalancer: {type: 'string'}, rows: {type: 'string'}},
  allowPositionals: true,
});
const [size = '1000000x10000'] = positionals;
const [n = 0, m = 0] = size.split('x').map(Number);
if (!(n > 0 && m > 0)) throw new Error(`SHARDSxCONTAINERS, not ${size}`);

const PARTS = {
  counts: () => {
    boundRows(printLine);
    oracleRows(printLine);
  },
  loads: () => {
    coldLoadRow(100_000, 1_000, printLine);
    departureRows(100_000, 1_000, undefined, printLine);
    if (values.rebalancer !== undefined) departureRows(10_000, 100, values.rebalancer, printLine);
    budgetRow(100_000, 1_000, printLine);
  },
  noise: () => noiseRow(10_000, 100, printLine),
  event: () => eventRow(100_000, 1_000, printLine),
  times: () => {
    timeRows(n, m, printLine);
    memoryRow(printLine);
  },
} as const;

const wanted = values.rows?.split(',') ?? Object.keys(PARTS);
printHead();
for (const [name, part] of Object.entries(PARTS)) if (wanted.includes(name)) part();
