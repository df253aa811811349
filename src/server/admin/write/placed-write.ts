/** Writing what decides where shards may run. */
import type {WriteAnswer} from '../../../protocol/admin.ts';
import type {Operation} from '../../../store/port.ts';
import type {AdminDependencies} from '../dependencies.ts';
import {leftUnplaced} from '../read/left-unplaced.ts';
import {conditionalWrite} from './conditional-write.ts';
import type {Decision, Reading} from './conditional-write.ts';

/** As `conditionalWrite`; a dry run also says which shards of the app the change would leave without a container. */
export async function placedWrite(
  dependencies: AdminDependencies,
  app: string,
  keys: readonly string[],
  dryRun: boolean,
  decide: (reading: Reading) => Decision,
): Promise<WriteAnswer> {
  let operations: readonly Operation[] = [];
  const noted = (reading: Reading): Decision => {
    const decision = decide(reading);
    ({operations} = decision);
    return decision;
  };
  const answer = await conditionalWrite(dependencies.store, keys, dryRun, noted);
  if (!dryRun || operations.length === 0) return answer;
  return {...answer, leftUnplaced: await leftUnplaced(dependencies, app, operations)};
}
