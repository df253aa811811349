/** What the commands that play random walks share. */
import {scriptOptions} from '../support/script-options.ts';

/** Plays walks as the command line says (`--seeds N`, `--from SEED`), one after the other. Sets exit code 1 when something is broken. `file`: the command, whose head is its help. */
export async function playWalks(
  file: string,
  play: (seed: number) => Promise<string>,
): Promise<void> {
  const values = scriptOptions(file, {
    seeds: {type: 'string', default: '1000'},
    from: {type: 'string', default: '1'},
  });
  const [from, seeds] = [Number(values.from), Number(values.seeds)];
  let broken = 0;
  for (let seed = from; seed < from + seeds; seed += 1) {
    const problem = await play(seed);
    const [first = ''] = problem.split('\n');
    if (problem === '') continue;
    broken += 1;
    console.log(seeds === 1 ? problem : `seed ${seed}: ${first}`);
  }
  console.log(`${seeds} walks from seed ${from}: ${broken} broken`);
  process.exitCode = broken > 0 ? 1 : 0;
}
