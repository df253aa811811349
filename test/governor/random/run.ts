/** `npm run fleets -- [--seeds N] [--from SEED] [--events N]`: plays random fleets against a governor. Exits 1 when an invariant is broken. */
import {scriptOptions} from '../../support/script-options.ts';
import {playFleet} from './play.ts';

const values = scriptOptions(import.meta.filename, {
  seeds: {type: 'string', default: '1000'},
  from: {type: 'string', default: '1'},
  events: {type: 'string', default: '30'},
});
const [from, seeds, events] = [Number(values.from), Number(values.seeds), Number(values.events)];
let broken = 0;
let writes = 0;
for (let seed = from; seed < from + seeds; seed += 1) {
  const played = playFleet({seed, events});
  writes += played.writes;
  if (played.problem === '') continue;
  broken += 1;
  const [first = ''] = played.problem.split('\n');
  console.log(seeds === 1 ? played.problem : `seed ${seed}: ${first}`);
}
console.log(`${seeds} fleets from seed ${from}, ${writes} writes: ${broken} broken`);
process.exitCode = broken === 0 ? 0 : 1;
