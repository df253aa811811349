/** What a filter of containers looks into, at the screen and in the daemon. */
interface Searched {
  readonly id: string;
  readonly service: string;
  readonly state: string;
  readonly zone: string;
  readonly endpoint: string;
  readonly note: string;
}

export function containerWords({id, service, state, zone, endpoint, note}: Searched): string[] {
  return [id, service, state, zone, endpoint, note];
}

/** Whether one of the words contains the filter, in any case. */
export function passes(words: readonly string[], filter: string): boolean {
  const needle = filter.toLowerCase();
  return needle === '' || words.some((word) => word.toLowerCase().includes(needle));
}
