/** What both ends of a live stream need to know, apart from the schemas: whoever only reads must not load those. */

/** A word from the server at least this often, ms; a client that hears nothing for three of them has lost it. */
export const LIVE_BEAT_MS = 2_000;

export const LIVE_SECTIONS = ['apps', 'containers', 'shards', 'moves', 'finished'] as const;
export type LiveSection = (typeof LIVE_SECTIONS)[number];
