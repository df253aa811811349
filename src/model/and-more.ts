/** The first of many, and how many there are beside them. */

/** `a, b and 3 more` of five of which `shown` are the first. */
export function andMore(shown: readonly string[], count: number, between = ', '): string {
  const more = count - shown.length;
  return shown.join(between) + (more > 0 ? ` and ${more} more` : '');
}

/** The same of all of them, the first `most` by name. */
export function firstOf(all: readonly string[], most: number, between = ', '): string {
  return andMore(all.slice(0, most), all.length, between);
}
