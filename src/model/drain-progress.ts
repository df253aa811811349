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
  if (total === 0) return 'empty';
  const most = Math.max(order.shards, total);
  const done = order.shards > 0 ? `${most - total} of ${most} moved` : `${total} to move`;
  return `${done}, ${dropping} moving`;
}
