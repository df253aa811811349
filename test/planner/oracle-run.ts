/** `npm run planner:oracle -- --cases N [--from SEED]`: random snapshots, planner against oracle. Exits 1 when they differ. */
import {compare} from './against-oracle.ts';
import {mixedInstance, policyInstance} from './instances.ts';
import {scriptOptions} from '../support/script-options.ts';

const values = scriptOptions(import.meta.filename, {
  cases: {type: 'string', default: '20000'},
  from: {type: 'string', default: '1'},
});
const from = Number(values.from);
const cases = Number(values.cases);
let differ = 0;
let binds = 0;
for (let seed = from; seed < from + cases; seed += 1) {
  const result = compare(seed % 2 === 0 ? mixedInstance(seed) : policyInstance(seed));
  if (result.binds) binds += 1;
  if (result.agree) continue;
  differ += 1;
  console.log(
    `seed ${seed}: planned ${JSON.stringify(result.planned)}, best ${JSON.stringify(result.best)}`,
  );
}
console.log(`${cases} snapshots from seed ${from}, limit binds in ${binds}: ${differ} differ`);
process.exitCode = differ === 0 ? 0 : 1;
