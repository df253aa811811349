/**
 * Characters that do harm where text of others is shown: they steer the terminal (controls, escapes), turn the direction of what
 * follows, or cannot be seen, so that two texts look the same. The sets are Unicode's own; test/model/visible.test.ts walks all of it.
 */
const CONTROLS = String.raw`\p{Cc}\p{Zl}\p{Zp}\p{Surrogate}`;
const UNSEEN = String.raw`\p{Default_Ignorable_Code_Point}\p{Bidi_Control}\p{Cf}\p{Noncharacter_Code_Point}\u{2800}`;
const HARMFUL = new RegExp(`[${CONTROLS}${UNSEEN}]`, 'u');
const ALL_HARMFUL = new RegExp(HARMFUL, 'gu');

/** Whether text has characters that `visible` would replace. */
export function isHarmful(text: string): boolean {
  return HARMFUL.test(text);
}

/** Text that was not written by us, safe to show: harmful characters as \uXXXX, one for each UTF-16 unit, as in JSON. Idempotent. */
export function visible(text: string): string {
  return text.replace(ALL_HARMFUL, (character) =>
    character
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  );
}

/** The same of a text of several lines, which stay lines. */
export function visibleLines(text: string): string {
  return text.split('\n').map(visible).join('\n');
}
