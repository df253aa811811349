import {JSON_DEPTH_LIMIT} from './limits.ts';

/** Whether a JSON text nests deeper; found before it is parsed, so that no recursion meets a hostile depth. */
export function isTooDeep(text: string): boolean {
  // Nothing nests deeper than it opens: that is a quick search, and enough for whatever is stored rightly.
  if (openings(text, '{') + openings(text, '[') <= JSON_DEPTH_LIMIT) return false;
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (quoted) {
      if (code === 0x5c) at++;
      else if (code === 0x22) quoted = false;
    } else if (code === 0x22) quoted = true;
    else if (code === 0x5b || code === 0x7b) {
      if (++depth > JSON_DEPTH_LIMIT) return true;
    } else if (code === 0x5d || code === 0x7d) depth--;
  }
  return false;
}

/** How often the character comes up, counted as far as it matters. */
function openings(text: string, character: string): number {
  let count = 0;
  for (let at = text.indexOf(character); at !== -1; at = text.indexOf(character, at + 1))
    if (++count > JSON_DEPTH_LIMIT) break;
  return count;
}
