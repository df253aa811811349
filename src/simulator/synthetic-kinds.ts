/** Services whose traces can be made up. */

export const SYNTHETIC_KINDS = {
  cache: {
    summary: 'stateless cache: popular keys, a tide, scale-out and scale-in, one container lost',
    ...{minutes: 40, containers: 8, shards: 400},
  },
  websocket: {
    summary: 'websocket sessions: moves cost reconnects; a deploy by surge, connections grow',
    ...{minutes: 30, containers: 10, shards: 500},
  },
  partitions: {
    summary: 'stream partitions with declared loads on two sizes of machines; a rolling restart',
    ...{minutes: 25, containers: 6, shards: 120},
  },
  tenants: {
    summary: 'database shards of tenants: two metrics, three zones, one zone lost, a noisy tenant',
    ...{minutes: 40, containers: 12, shards: 360},
  },
  jobs: {
    summary: 'job queue: short bursts that are over before moves would pay',
    ...{minutes: 30, containers: 6, shards: 180},
  },
  chaos: {
    summary: 'a fault every five minutes on 8 containers, loads that wander',
    ...{minutes: 60, containers: 8, shards: 800},
  },
} as const;

export type SyntheticName = keyof typeof SYNTHETIC_KINDS;

export const SYNTHETIC_NAMES = Object.keys(SYNTHETIC_KINDS) as readonly SyntheticName[];
