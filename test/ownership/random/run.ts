/** `npm run sessions -- [--seeds N] [--from SEED]`: plays random sessions of a container. Exits 1 when something is broken. */
import {scriptOptions} from '../../support/script-options.ts';
import {playSession} from './play.ts';

const values = scriptOptions(import.meta.filename, {
  seeds: {type: 'string', default: '20000'},
  from: {type: 'string', default: '1'},
});
const [from, seeds] = [Number(values.from), Number(values.seeds)];
const ends = new Map<string, number>();
for (let seed = from; seed < from + seeds; seed += 1) {
  const {problem, end} = playSession(seed);
  ends.set(end, (ends.get(end) ?? 0) + 1);
  const [first = ''] = problem.split('\n');
  if (problem !== '') console.log(seeds === 1 ? problem : `seed ${seed}: ${first}`);
}
const counts = [...ends].map(([end, count]) => `${count} ${end}`).join(', ');
console.log(`${seeds} sessions from seed ${from}: ${counts}`);
process.exitCode = ends.has('broken') ? 1 : 0;
