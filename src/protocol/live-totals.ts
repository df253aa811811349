/** How many rows of a section there are, whatever was sent of them: the figures say so. */
import type {LiveSection, LiveSummary} from './admin-live.ts';

export function totalOf(
  section: LiveSection,
  {apps, containers, moves, total}: LiveSummary,
): number {
  switch (section) {
    case 'apps':
      return apps;
    case 'containers':
      return Object.values(containers).reduce((sum, count) => sum + count, 0);
    case 'shards':
      return total;
    case 'moves':
      return moves.running;
    // A window over the newest: nobody counts those before.
    case 'finished':
      return 0;
  }
}
