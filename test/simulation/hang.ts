/**
 * Longest that a test of the simulation may take: only one that hangs does. In `npm test` they get the time that other tests leave, which on a
 * machine with other work is little: half an hour was too short beside two busy loops a core.
 */
export const SIMULATION_HANG_MS = 7_200_000;
