/** Long lists in parts, each made when it is asked for. Pure. */

/** In order, each of `most` items; the last may have fewer. */
export function* chunksOf<T>(items: readonly T[], most: number): Generator<T[], void> {
  for (let at = 0; at < items.length; at += most) yield items.slice(at, at + most);
}

export interface ChunkLimits<T> {
  /** Items of a chunk. */
  readonly most: number;
  /** Of all its items together; one alone may be larger. */
  readonly mostSize: number;
  readonly sizeOf: (item: T) => number;
  /** Items of one key are never in one chunk. Default: none has a key. */
  readonly keyOf?: (item: T) => string;
}

/** In order, each as long as the limits allow. */
export function* chunksBySize<T>(
  items: Iterable<T>,
  {most, mostSize, sizeOf, keyOf}: ChunkLimits<T>,
): Generator<T[], void> {
  let chunk: T[] = [];
  let size = 0;
  const keys = new Set<string>();
  for (const item of items) {
    const more = sizeOf(item);
    const key = keyOf?.(item);
    const isFull = chunk.length === most || size + more > mostSize;
    if (chunk.length > 0 && (isFull || (key !== undefined && keys.has(key)))) {
      yield chunk;
      chunk = [];
      size = 0;
      keys.clear();
    }
    chunk.push(item);
    size += more;
    if (key !== undefined) keys.add(key);
  }
  if (chunk.length > 0) yield chunk;
}
