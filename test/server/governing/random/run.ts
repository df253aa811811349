/** `npm run leaderships -- [--seeds N] [--from SEED]`: plays random walks of leadership. Exits 1 when something is broken. */
import {scriptOptions} from '../../../support/script-options.ts';
import {playLeadership} from './play.ts';

const values = scriptOptions(import.meta.filename, {
  seeds: {type: 'string', default: '1000'},
  from: {type: 'string', default: '1'},
});
const [from, seeds] = [Number(values.from), Number(values.seeds)];
let broken = 0;
for (let seed = from; seed < from + seeds; seed += 1) {
  const problem = await playLeadership(seed);
  const [first = ''] = problem.split('\n');
  if (problem === '') continue;
  broken += 1;
  console.log(seeds === 1 ? problem : `seed ${seed}: ${first}`);
}
console.log(`${seeds} walks from seed ${from}: ${broken} broken`);
process.exitCode = broken > 0 ? 1 : 0;
