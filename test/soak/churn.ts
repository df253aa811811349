/** What happens each interval: some shards get another task, a container joins or leaves. */
import type {BenchBed} from '../bench/bed.ts';

const GUEST = 'guest';
/** Of the shards, how many get another task each time: each is a drop and an add on its container, with a new token. */
const PART = 0.01;
/** Of which shards: their specs grow with the first task, so all of them must have one before the warm-up is over. */
const CHANGING = 0.1;
const AT_ONCE = 16;

/** Returns what it did. */
export async function churn(
  bed: BenchBed,
  app: string,
  ids: readonly string[],
  turn: number,
): Promise<string> {
  const count = Math.max(1, Math.floor(ids.length * PART));
  const from = (turn * count) % Math.max(count, Math.floor(ids.length * CHANGING));
  const task = `turn ${turn}`;
  const waiting = ids.slice(from, from + count);
  const worker = async (): Promise<void> => {
    for (let shardId = waiting.pop(); shardId !== undefined; shardId = waiting.pop())
      await bed.admin.call('updateShard', {service: app, shardId, task});
  };
  await Promise.all(Array.from({length: AT_ONCE}, worker));
  // The guest takes its share when it comes and gives it back when it leaves: moves both times.
  const isThere = bed.containers.has(GUEST);
  if (isThere) await bed.endContainer(GUEST, 'SIGTERM');
  else bed.startContainers(app, GUEST, 1);
  return `${count} specs changed, guest ${isThere ? 'left' : 'joined'}`;
}
