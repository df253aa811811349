/** Runs seeds in a process of its own until one breaks a promise: the mutant is in the bundle that this file is part of. */
import {runRemoval, runScenario} from '../simulation/scenario.ts';

const [first = '1', count = '1', kind = ''] = process.argv.slice(2);
const run = kind === 'removal' ? runRemoval : runScenario;
let broken: object | undefined;
for (let seed = Number(first); seed < Number(first) + Number(count); seed += 1) {
  const {violation} = await run(seed);
  if (violation === undefined) continue;
  broken = {seed, promise: violation.promise, text: violation.text};
  break;
}
console.log(JSON.stringify(broken ?? {}));
