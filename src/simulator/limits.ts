/** Limits of the placement simulation. */

/** Version of the trace format. */
export const TRACE_VERSION = 1;

/** Largest trace, as a file. A recording ends in order before it is larger. */
export const TRACE_LIMIT_BYTES = 64 * 1024 * 1024;

/** Most lines of a trace. */
export const TRACE_LINES_LIMIT = 1_000_000;

/** Longest line of a trace: a thousand shards with loads of eight metrics fit. */
export const TRACE_LINE_LIMIT_CHARACTERS = 1_048_576;

/** Longest trace: a week. */
export const TRACE_LONGEST_MS = 7 * 24 * 3_600_000;

/** Shards that one line names when a trace is written. */
export const SHARDS_PER_LINE = 500;

/** Faults of a trace that are named; the rest is counted. */
export const FAULTS_NAMED = 10;

/** Simulated time goes on in steps of so long; what happens between two is done at the next. */
export const STEP_MS = 250;

/** Where nothing is due before, the next step is so far: a governor has to know that the store takes writes. */
export const IDLE_STEP_MS = 1_000;

/** A container says what its shards take so often, as daemons ask for it. */
export const REPORT_EVERY_MS = 10_000;

/** How long a shard's add takes where nothing else is said. */
export const ADD_DEFAULT_MS = 500;

/** How long a shard's drop takes where nothing else is said. */
export const DROP_DEFAULT_MS = 200;

/** Imbalance is looked at so often. */
export const SAMPLE_EVERY_MS = 1_000;

/** Points of a curve in a result or picture; each is the worst of its time. */
export const CURVE_POINTS = 240;

/** Width of a chart in a terminal. */
export const CHART_COLUMNS = 64;

/** Height of a chart in a terminal. */
export const CHART_ROWS = 10;

/** Time of a simulation begins here; nothing may depend on it. */
export const FIRST_MS = 1_000_000;

/** The golden ratio: it spreads the reports of containers over their interval, the same in every run. */
export const REPORT_PHASE_FACTOR = 0.618_033_988_749_895;

/** Significant digits of loads that are made up. */
export const LOAD_DIGITS = 4;

/** Peaks of a chart may be so many times the 95th percentile before they are cut, so that the rest of the curve can be seen. */
export const PEAK_FACTOR = 2.5;

/** Least top of a chart's scale of imbalance, for an app that is even all the time. */
export const LEAST_TOP_SHARE = 0.01;

/** Width of a picture of curves. */
export const PICTURE_WIDTH_PIXELS = 760;

/** Height of each of its two panels. */
export const PANEL_HEIGHT_PIXELS = 150;

/** A simulation goes on for so long of its time before others may run. */
export const SLICE_MS = 30_000;
