/** Limits of what the audit of a history remembers. */

/** Deleted incarnations that are remembered, so that none comes back. */
export const GONE_KEPT = 10_000;

/** Findings kept in words; all are counted. */
export const FINDINGS_KEPT = 100;
