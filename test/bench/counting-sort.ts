/** The unit of planner benches: sorts the rows of a table by container, once. */
export function countingSort(keys: Int32Array, size: number): Int32Array {
  const starts = new Int32Array(size + 1);
  for (const key of keys) starts[key + 1] = (starts[key + 1] ?? 0) + 1;
  for (let at = 0; at < size; at += 1) starts[at + 1] = (starts[at + 1] ?? 0) + (starts[at] ?? 0);
  const sorted = new Int32Array(keys.length);
  for (let row = 0; row < keys.length; row += 1) {
    const key = keys[row] ?? 0;
    const place = starts[key] ?? 0;
    sorted[place] = row;
    starts[key] = place + 1;
  }
  return sorted;
}
