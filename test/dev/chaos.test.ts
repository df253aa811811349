/** What chaos does to a container it takes back, whatever fails meanwhile: a canary is disturbed for weeks. */
import {afterEach, expect, it, vi} from 'vitest';
import type {AdminClient} from '../../src/admin/admin-client.ts';
import {Chaos} from '../../src/dev/chaos.ts';
import type {ContainerChild} from '../../src/dev/container-child.ts';
import {Fleet} from '../../src/dev/fleet.ts';
import {SmError} from '../../src/model/errors.ts';

const away = new SmError('SERVER_UNAVAILABLE', 'the daemon is being restarted', {retryable: true});
const fleet = new Fleet({shards: 1, emit: () => undefined});
let chaos: Chaos | undefined;
afterEach(async () => {
  await chaos?.stop();
  await fleet.stop();
});

/** Drains a container with a daemon that fails so many calls of each operation; the operations that came through. */
async function drained(failures: Readonly<Record<string, number>>): Promise<string[]> {
  const left = {...failures};
  const done: string[] = [];
  const call = vi.fn(async (operation: string) => {
    await Promise.resolve();
    left[operation] = (left[operation] ?? 0) - 1;
    if ((left[operation] ?? 0) >= 0) throw away;
    done.push(operation);
    return {met: true};
  });
  const admin = {call} as unknown as AdminClient;
  chaos = new Chaos({fleet, admin, app: 'canary', ttlMs: 3_000}, () => undefined, []);
  await chaos['drain']({id: 'canary-1'} as ContainerChild);
  return done;
}

it.each([
  ['drain', {drain: 1}],
  ['look whether it is drained', {waitCheck: 1}],
  ['uncordon', {uncordon: 2}],
])('a drain is taken back where the answer to %s is lost', async (_what, failures) => {
  expect((await drained(failures)).at(-1)).toBe('uncordon');
});
