// C0, DEL, C1, line separators, bidi controls, zero-width characters, BOM.

const HARMFUL =
  /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;

/** Text that was not written by us, safe to show: control characters, escapes and bidi marks as \uXXXX. Idempotent. */
export function visible(text: string): string {
  return text.replace(
    HARMFUL,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
