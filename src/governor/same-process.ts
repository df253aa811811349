/** Which containers of an app run in one process: whoever restarts one restarts them all. Pure. */
import type {AppView} from '../appstate/app-view.ts';

/** The others, by id; none where the heartbeat says nothing of its process (push containers). */
export function sameProcess({heartbeats, ids}: AppView, container: string): string[] {
  const mine = heartbeats.get(ids.get(container)?.incarnation ?? '')?.value;
  if (mine === undefined || mine.bootId === '') return [];
  const others: string[] = [];
  for (const [id, {incarnation}] of ids) {
    const other = heartbeats.get(incarnation)?.value;
    if (id !== container && other?.bootId === mine.bootId) others.push(id);
  }
  return others.sort();
}
