/** Limits of metrics. */

/** Apps that have series of their own in a daemon; what is counted of the others goes together under `other`. */
export const APPS_LABELLED = 100;

/** Figures of governors are counted at most so often, however many scrape: counting 100,000 shards takes some 20 ms. */
export const FIGURES_FRESH_MS = 1_000;
