/** How far a drain has come, in words. */

export interface Draining {
  readonly state: string;
  readonly shards: {readonly total: number; readonly dropping: number};
  readonly order: {readonly order: string; readonly shards: number} | null;
  /** What cannot leave; absent while the drain can end. */
  readonly stranded?: {readonly text: string} | undefined;
}

/** What lets a drain end whose shards have nowhere to go, or ends it. */
export function strandedFix(app: string, container: string): string {
  return `start another process that joins app ${app}, or ${endOfDrain(app, container)}`;
}

export function endOfDrain(app: string, container: string): string {
  return `end the drain: sm container uncordon -a ${app} ${container}`;
}

/** '' for a container that is not being drained. */
export function drainProgress({state, shards, order, stranded}: Draining): string {
  if (state !== 'draining' || order?.order !== 'drain') return '';
  const {total, dropping} = shards;
  if (total === 0) return 'empty';
  const most = Math.max(order.shards, total);
  const done = order.shards > 0 ? `${most - total} of ${most} moved` : `${total} to move`;
  return `${done}, ${dropping} moving${stranded === undefined ? '' : `; ${stranded.text}`}`;
}
