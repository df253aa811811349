/** Longest that a test of the simulation may take: only one that hangs does. In `npm test` they get the time that other tests leave. */
export const SIMULATION_HANG_MS = 1_800_000;
