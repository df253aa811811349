/** Limits of the views: widths in terminal columns, heights in lines. */

/** Columns of the bar that shows how many shards of an app are ready. */
export const APP_BAR_WIDTH = 12;

/** Blanks between two columns of a table. */
export const COLUMN_GAP = 2;

/** Least width of a column when a line is too long and no column may be left out. */
export const COLUMN_LEAST = 8;

/** Columns of the bar that shows the shards of a container. */
export const CONTAINER_BAR_WIDTH = 12;

/** Columns of the bar that shows the load of a container. */
export const LOAD_BAR_WIDTH = 8;

/** Columns of a label in the details of a row. */
export const DETAIL_LABEL_WIDTH = 12;

/** Least lines of details: with fewer they are left out. */
export const DETAIL_LEAST_LINES = 2;

/** Columns of a key in the list of keys. */
export const DETAIL_KEY_WIDTH = 15;

/** Columns of the progress bar of moves. */
export const PROGRESS_WIDTH = 36;

/** The time left is shown once moves were seen for this long. */
export const PACE_LEAST_MS = 2_000;

/** A narrower terminal gets one line of summary. */
export const LEAST_COLUMNS = 60;

/** A lower terminal gets one line of summary. */
export const LEAST_ROWS = 12;

/** Lines of the header. */
export const HEADER_LINES = 2;

/** Lines of the footer. */
export const FOOTER_LINES = 1;

/** Lines that name alarms. */
export const TROUBLE_LINES = 2;

/** Rows of finished moves that stay while other panels need room. */
export const HISTORY_ROWS = 2;

/** Least lines of a panel: with fewer for each, the panel in focus gets what it needs, and the others what is left. */
export const PANEL_LINES = 4;

/** Columns left of a row: its mark and the cursor. */
export const GUTTER_WIDTH = 2;

/** The pace of moves is measured over this window. */
export const PACE_WINDOW_MS = 30_000;

/** Longest filter that can be typed. */
export const FILTER_LIMIT_CHARACTERS = 100;

/** A column of notes may be cut down to this width before another column is left out. */
export const NOTE_LEAST_COLUMNS = 10;

/** The same of a column of ids: the name of a pod of a usual length is whole. */
export const ID_LEAST_COLUMNS = 24;

/** The same of a column with the reason of a move. */
export const WHY_LEAST_COLUMNS = 8;

/** A left text that gets less width is left out: two columns of it say nothing. */
export const SPREAD_LEAST_COLUMNS = 4;
