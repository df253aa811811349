/** Events as lines for people. The mark says what kind: `*` an operator, `+` and `x` moves, shards placed and unplaced, `!` containers, alarms and outages. */
import {andMore} from '../model/and-more.ts';
import {counted} from '../model/counted.ts';
import {causeText} from '../model/move-reason.ts';
import type {AdminAnswer, EventView} from '../protocol/admin.ts';
import {changeWords} from '../protocol/change-words.ts';

export function eventLine(event: EventView): string {
  switch (event.type) {
    case 'audit': {
      const {at, who, service, objects, objectCount, reason, revision} = event;
      const [first = ''] = objects;
      const said = `${at} * ${who} ${changeWords(event)} ${service} ${andMore([first], objectCount)} at revision ${revision}${reason === '' ? '' : `: ${reason}`}`;
      return [said, ...changesOf(event)].join('; ');
    }
    case 'move': {
      const {at, service, move} = event;
      const mark = move.outcome === 'done' ? '+' : 'x';
      return `${at} ${mark} ${service} ${move.shard} ${move.from || '-'} -> ${move.to || '-'} ${move.outcome} (${causeText(move)})`;
    }
    case 'container': {
      const {at, service, container, before, state} = event;
      return `${at} ! ${service} ${container} ${before === '' ? '' : `${before} -> `}${state}`;
    }
    case 'alarm': {
      const {at, service, state, code, text, since} = event;
      return `${at} ! ${service} alarm ${code} ${state}${state === 'cleared' ? `, since ${since}` : ''}: ${text}`;
    }
    case 'shards': {
      const {at, service, what, count, shards, cause} = event;
      return `${at} ${what === 'placed' ? '+' : 'x'} ${service} ${counted(count, 'shard')} ${what} (${cause}): ${andMore(shards, count)}`;
    }
    case 'outage': {
      const {at, since, cause, daemon} = event;
      return `${at} ! outage over: no write of ${daemon} committed from ${since} to ${at}: ${cause}; containers that could not write either had stopped their shards`;
    }
    // A newer daemon may know of more.
    default: {
      const {at, type} = event as {readonly at?: string; readonly type: string};
      return `${at ?? ''} ? ${type}`;
    }
  }
}

/** What an answer says of entries that cannot be read. */
export function unreadableLines(unreadable: AdminAnswer<'events'>['unreadable']): string[] {
  if (unreadable === undefined) return [];
  const {count, first} = unreadable;
  const lines = first.map(({key, problem}) => `${key} cannot be read: ${problem}`);
  const more = count - first.length;
  return more > 0 ? [...lines, `and ${counted(more, 'value')} more`] : lines;
}

function changesOf({changed}: Extract<EventView, {type: 'audit'}>): string[] {
  // A daemon of before says nothing of it.
  return (changed ?? []).map(({object, field, before, after}) => {
    const shown = (text: string): string => (text === '' ? '-' : text);
    return `${object} ${field}: ${shown(before)} -> ${shown(after)}`;
  });
}
