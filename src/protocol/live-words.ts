/** What both ends of a live stream need to know, apart from the schemas: whoever only reads must not load those. */

export const LIVE_SECTIONS = ['apps', 'containers', 'shards', 'moves', 'finished'] as const;
export type LiveSection = (typeof LIVE_SECTIONS)[number];
