/** A row of a live view, and the instant for which it is made. */
import type {LiveRow} from '../../../../protocol/admin.ts';

/** A row that is made only when it has changed: `print` tells whether it has. */
export interface PrintedRow {
  readonly key: string;
  readonly print: string;
  readonly row: () => LiveRow;
}

/** When one looks: monotonic for ages of heartbeats, wall for what has a time of day. */
export interface Instant {
  readonly nowMs: number;
  readonly wallMs: number;
}
