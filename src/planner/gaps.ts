/** Takes entries out of sorted columns, and makes room for new ones. Every other entry moves at most once, in blocks. */

type Column = Int32Array | Uint32Array | Uint16Array;

/** Takes out of the first `count` entries those at these places, which are ascending. */
export function closeGaps(
  columns: readonly Column[],
  places: readonly number[],
  count: number,
): void {
  let to = places[0] ?? 0;
  for (const [at, place] of places.entries()) {
    const end = places[at + 1] ?? count;
    for (const column of columns) column.copyWithin(to, place + 1, end);
    to += end - place - 1;
  }
}

/** Makes a place before the entry at each of these, which are ascending. The place numbered `n` is then at `places[n] + n`. */
export function openGaps(
  columns: readonly Column[],
  places: readonly number[],
  count: number,
): void {
  let end = count;
  for (let left = places.length - 1; left >= 0; left -= 1) {
    const place = places[left] ?? 0;
    for (const column of columns) column.copyWithin(place + left + 1, place, end);
    end = place;
  }
}
