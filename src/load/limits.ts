/** Limits of loads: as they are reported, taken and kept. */

/** Metrics that one shard may report; further names are rejected. */
export const METRICS_PER_SHARD = 8;

/** The rate of a counter is taken over at least so long, however often somebody asks. */
export const RATE_WINDOW_MS = 5_000;

/** A counter that is younger has no rate yet. */
export const RATE_LEAST_MS = 1_000;

/** A sample of a shard that comes sooner after the one before shows the same time once more, and is not taken. */
export const SAMPLE_LEAST_MS = 5_000;

/** Time constant of the smoothing: after a step of the load so long, 63 % of it are seen. */
export const SMOOTHING_MS = 30_000;

/** A sample so many times above the shard's load is counted as a jump. */
export const JUMP_FACTOR = 10;

/** A load that was not reported for so long does not count as measured; the planner goes on with it. */
export const UNREPORTED_AFTER_MS = 10 * 60_000;

/** What the planner sees of loads is renewed at most so often: between, no sample changes any plan. */
export const PLANNED_EVERY_MS = 20_000;

/** A plan for load that found nothing to do is not made again before this time, unless it has become worse. */
export const LOAD_RETRY_MS = 120_000;

/** An imbalance is worse when it has grown by this factor. */
export const WORSE_FACTOR = 1.01;

/** Containers of an app whose loads are exported by name, those with the most. */
export const CONTAINERS_FIGURED = 100;

/** Largest part of a summary of loads, as it is stored. */
export const PART_LIMIT_BYTES = 60 * 1024;

/** Of a part: room for the fields beside its lists. */
export const PART_FRAME_BYTES = 4 * 1024;

/** Shards that a table has room for at first; it doubles as they become more. */
export const SHARDS_AT_FIRST = 16;

/** Parts of a summary; shards with the smallest loads are left out where that is not enough. */
export const PARTS_LIMIT = 8;

/** A governor writes its first summary so long after the first answer, or with the first plan for load: by then most loads are known. */
export const FIRST_SUMMARY_MS = 25_000;

/** A summary is written at most so often, but for one with each plan for load. */
export const SUMMARY_EVERY_MS = 60_000;

/** Significant digits of the loads in a summary. */
export const SUMMARY_DIGITS = 3;
