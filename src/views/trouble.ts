/** What is wrong, in sentences, the worst first. Pure. */
import {counted} from '../model/counted.ts';
import {UNHEARD_STATES} from '../model/container-state.ts';
import type {LiveContainer} from '../protocol/admin-live.ts';
import {ageSince, safe} from './text.ts';
import {contextOf, shownData} from './view-state.ts';
import type {ViewState} from './view-state.ts';

export interface Troubles {
  readonly sentences: readonly string[];
  /** How many there are: the daemon sends the first alarms only. */
  readonly count: number;
}

export function troublesOf(state: ViewState): Troubles {
  const {summary, sections} = shownData(state);
  const {nowMs} = contextOf(state);
  const containers = UNHEARD_STATES.flatMap((word) =>
    [...sections.containers.values()].filter((row) => row.state === word),
  );
  const alarms = (summary?.alarms ?? []).map(
    ({code, service, text, since}) => `! ${code} ${service} ${ageSince(since, nowMs)}: ${text}`,
  );
  const sentences = [...containers.map((row) => unheard(row, nowMs)), ...alarms].map(safe);
  const unsent = Math.max(0, (summary?.alarmCount ?? 0) - alarms.length);
  return {sentences, count: sentences.length + unsent};
}

function unheard({id, service, state, since, shards}: LiveContainer, nowMs: number): string {
  const age = ageSince(since, nowMs);
  const when = age === '' ? '' : ` for ${age}`;
  const waiting = `${shards.total} of its shards`;
  if (state === 'unknown')
    return `? ${id} (${service}) is unknown${when}: the daemon cannot write to the store; if the container cannot either, it no longer runs its ${counted(shards.total, 'shard')}`;
  if (state === 'unreachable')
    return `! ${id} (${service}) is unreachable${when}: it gets no new shards, and keeps ${counted(shards.total, 'shard')}`;
  if (state === 'suspect')
    return `! ${id} (${service}) is suspect${when}: its heartbeats are late, it gets no new shards, and keeps ${counted(shards.total, 'shard')}`;
  return state === 'lost'
    ? `x ${id} (${service}) is lost${when}: ${waiting} wait for another container`
    : `! ${id} (${service}) is silent${when}: ${waiting} wait until it is back or its loss is certain`;
}
