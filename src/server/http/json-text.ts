/**
 * The text of an answer. Numbers of 64 bits, which operators and other programs may put into any field of a record (lease ids), stand
 * as text in our JSON: a reader that knows doubles only would lose digits.
 */
export function jsonText(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    // The slow way only where the quick one fails: answers may hold 100,000 rows.
    if (!(error instanceof TypeError)) throw error;
    return JSON.stringify(value, (_key, inner: unknown) =>
      typeof inner === 'bigint' ? String(inner) : inner,
    );
  }
}
