/** Limits of the search for evener load. All are counts, not times: the same snapshot gives the same plan everywhere. */

/** The hottest container is compared with so many of the coldest ... */
export const COLDEST_FIRST = 6;
/** ... and with so many when none of those helps. */
export const COLDEST_LAST = 40;
/** The search for evener load looks at so many pairs for each shard, and at so many besides. */
export const LOAD_LOOKS_PER_SHARD = 400;
/** Looks at pairs that every search may take, however few the shards are. */
export const LOAD_LOOKS = 2_000_000;
/** Of a container's shards that are moved for load, so many at most are compared with those of another one. */
export const LOAD_CANDIDATES = 512;
/** Shards looked at beside the one whose load fits best. */
export const LOAD_NEIGHBOURS = 4;
/** A step that costs no move counts as this share of one. */
export const LOAD_STEP_PRICE_SHARE = 0.05;
/** A step that brings this share of the most that the coldest container allows, and costs no move, is taken at once. */
export const LOAD_ENOUGH_SHARE = 0.5;
/** Times that containers which could not be helped are looked at again, as others have changed. */
export const LOAD_RETRIES = 4;
/** A step for load must bring at least this share of what the hottest container has too much ... */
export const LOAD_MARGIN_SHARE = 0.04;
/** ... and at least this much of a container's share of the load. */
export const LOAD_MARGIN_LEAST_SHARE = 0.001;
/** What has to move or to be placed anyway is evened out down to this multiple of the share, whatever the band. */
export const FREE_LOAD_UPPER_FACTOR = 1.01;
/** ... and a search that has begun goes on down to this one. */
export const FREE_LOAD_LOWER_FACTOR = 1.006;
/** Tolerance band where the policy says nothing that makes sense. */
export const LOAD_UPPER_FACTOR = 1.2;
/** The lower end of that band. */
export const LOAD_LOWER_FACTOR = 1.1;
/** A sort by halves of 32 bits counts so many keys. */
export const HALF = 65_536;
/** From so many shards on that sort is faster than a comparing one. */
export const LONG = 4_096;
/** Shards that are sorted by insertion before such runs are merged. */
export const SHORT_RUN = 8;
/** Bits of a half: HALF is the number of keys that they make. */
export const HALF_BITS = 16;
/** How much a gain counts that makes only the squares of utilisations smaller: less than any other. */
export const LAST_RESORT_SHARE = 1e-6;
/** Beside how near both come to their shares, by this share of it: how near they come to each other. */
export const SQUARES_SHARE = 1e-3;
/** Behind all containers that have a share of load: greater than every utilisation. */
export const LAST_UTILISATION = 1e300;
