/** Value of `id/<container>`: which incarnation holds the id. */

export function encodeIdHolder(incarnation: string): string {
  return JSON.stringify({v: 1, incarnation});
}

/** The incarnation, or '' when the value cannot be read: nobody's, so the id may be taken. */
export function decodeIdHolder(value: string): string {
  try {
    const parsed: unknown = JSON.parse(value);
    if (typeof parsed !== 'object' || parsed === null || !('incarnation' in parsed)) return '';
    return typeof parsed.incarnation === 'string' ? parsed.incarnation : '';
  } catch {
    return '';
  }
}
