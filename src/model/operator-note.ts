/** Who said so, why, and until when: what is kept beside an order that may end by itself. Pure. */

/** Unknown fields survive a rewrite. */
export interface OperatorNote {
  reason: string;
  by: string;
  /** RFC 3339. */
  at: string;
  /** RFC 3339 time at which its app's governor takes it back; '' for never. */
  until: string;
  [unknown: string]: unknown;
}

/** @param forMs how long it lasts; undefined: until somebody takes it back. */
export function operatorNote(
  said: {readonly reason: string; readonly by: string},
  wallMs: number,
  forMs: number | undefined,
): OperatorNote {
  const iso = (ms: number): string => new Date(ms).toISOString();
  const until = forMs === undefined ? '' : iso(wallMs + forMs);
  return {reason: said.reason, by: said.by, at: iso(wallMs), until};
}

/** `by ops at ..., until ...: reason`; '' where nothing is kept. */
export function noteText(note: Omit<OperatorNote, 'unknown'> | null | undefined): string {
  if (note === null || note === undefined) return '';
  const {by, at, until, reason} = note;
  const end = until === '' ? '' : `, until ${until}`;
  return `by ${by} at ${at}${end}${reason === '' ? '' : `: ${reason}`}`;
}

/** When it ends, Unix time in ms; undefined: by itself never. */
export function endsAtMs(note: Pick<OperatorNote, 'until'> | undefined): number | undefined {
  const endMs = Date.parse(note?.until ?? '');
  return Number.isNaN(endMs) ? undefined : endMs;
}
