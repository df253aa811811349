/** What a view shows: the rows and figures of its stream, put together message by message. Pure. */
import {LIVE_SECTIONS} from '../protocol/live-words.ts';
import type {
  LiveRow,
  LiveRowOf,
  LiveRows,
  LiveSection,
  LiveSummary,
} from '../protocol/admin-live.ts';

export type Sections = {
  readonly [S in LiveSection]: ReadonlyMap<string, LiveRowOf[S]>;
};

export interface LiveData {
  readonly sections: Sections;
  /** undefined before the first whole message. */
  readonly summary: LiveSummary | undefined;
  readonly revision: string;
  /** Whole messages taken so far. */
  readonly changes: number;
}

/** `whole` is shown; `building` waits for the rest of a message that comes in parts. */
export interface Assembly {
  readonly whole: LiveData;
  readonly building: LiveData | undefined;
}

export const NO_DATA: LiveData = {
  sections: {
    apps: new Map(),
    containers: new Map(),
    shards: new Map(),
    moves: new Map(),
    finished: new Map(),
  },
  summary: undefined,
  revision: '0',
  changes: 0,
};

export function takeRows({whole, building}: Assembly, message: LiveRows): Assembly {
  const {changes} = whole;
  const before = message.reset ? {...NO_DATA, changes} : (building ?? whole);
  const next: LiveData = {
    sections: sectionsAfter(before.sections, message),
    summary: message.summary ?? before.summary,
    revision: message.revision,
    changes,
  };
  if (message.more) return {whole, building: next};
  return {whole: {...next, changes: changes + 1}, building: undefined};
}

function sectionsAfter(before: Sections, message: LiveRows): Sections {
  const after: Partial<Record<LiveSection, ReadonlyMap<string, LiveRow>>> = {};
  for (const name of LIVE_SECTIONS) {
    const change = message[name];
    if (change === undefined) continue;
    const rows = new Map<string, LiveRow>(before[name]);
    for (const key of change.gone) rows.delete(key);
    for (const row of change.set) rows.set(row.key, row);
    after[name] = rows;
  }
  return {...before, ...after} as Sections;
}
