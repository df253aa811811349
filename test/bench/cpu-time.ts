/** CPU times of this process: on a busy machine a wall clock measures others, too. */

/** Of all threads, ms. */
export function cpuMs(work: () => unknown): number {
  globalThis.gc?.();
  const before = process.cpuUsage();
  work();
  const {user, system} = process.cpuUsage(before);
  return (user + system) / 1_000;
}

/** The least time of each, as they take turns: a slow minute of the machine meets all of them. */
export function leastInTurns(works: readonly (() => unknown)[], runs: number): number[] {
  const least = works.map(() => Number.POSITIVE_INFINITY);
  for (let run = 0; run < runs; run += 1)
    for (const [at, work] of works.entries()) least[at] = Math.min(least[at] ?? 0, cpuMs(work));
  return least;
}
