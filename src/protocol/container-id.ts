/** Value of `id/<container>`: which incarnation holds the id. */

export function encodeIdHolder(incarnation: string): string {
  return JSON.stringify({v: 1, incarnation});
}

/** The incarnation, or '' when the value cannot be read: nobody's, so the id may be taken. */
export function decodeIdHolder(value: string): string {
  try {
    const {incarnation} = JSON.parse(value) as {incarnation?: unknown};
    return typeof incarnation === 'string' ? incarnation : '';
  } catch {
    return '';
  }
}
