/** How far a drain has come, in words. */

export interface Draining {
  readonly state: string;
  readonly shards: {readonly total: number; readonly dropping: number};
  readonly order: {readonly order: string; readonly shards: number} | null;
}

/** '' for a container that is not being drained. */
export function drainProgress({state, shards, order}: Draining): string {
  if (state !== 'draining' || order?.order !== 'drain') return '';
  const {total, dropping} = shards;
  const of = order.shards > 0 ? ` of ${Math.max(order.shards, total)}` : '';
  return total === 0 ? 'empty' : `${total}${of} left, ${dropping} on their way`;
}
