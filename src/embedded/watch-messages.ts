/** Replies of the watch service. */
import type {Version} from './event-log.ts';
import type {Header} from './header.ts';
import type {Keyspace} from './keyspace.ts';
import {keyValue} from './operations.ts';
import type {WireKeyValue} from './requests.ts';
import type {Watcher} from './watch-hub.ts';
import {EVENT_OVERHEAD_BYTES, FRAGMENT_LIMIT_BYTES} from './limits.ts';

export interface WireEvent {
  type: 0 | 1;
  kv: WireKeyValue;
  prev_kv?: WireKeyValue;
}

export interface WatchResponse {
  header: Header;
  watch_id: string;
  created?: boolean;
  canceled?: boolean;
  compact_revision?: number;
  cancel_reason?: string;
  fragment?: boolean;
  events?: WireEvent[];
}

/** The replies that carry these events: one, or several when the watcher takes fragments. */
export function eventResponses(
  keys: Keyspace,
  watcher: Watcher,
  header: Header,
  events: readonly Version[],
): WatchResponse[] {
  const responses: WatchResponse[] = [];
  let current: WireEvent[] = [];
  let bytes = 0;
  for (const version of events) {
    const event = wireEvent(keys, watcher, version);
    const size = eventBytes(event);
    if (watcher.fragment && current.length > 0 && bytes + size >= FRAGMENT_LIMIT_BYTES) {
      responses.push({header, watch_id: watcher.id, fragment: true, events: current});
      current = [];
      bytes = 0;
    }
    current.push(event);
    bytes += size;
  }
  responses.push({header, watch_id: watcher.id, events: current});
  return responses;
}

function wireEvent(keys: Keyspace, watcher: Watcher, version: Version): WireEvent {
  const event: WireEvent = {type: version.version === 0 ? 1 : 0, kv: keyValue(version)};
  const before = watcher.prevKv ? keys.before(version) : undefined;
  if (before !== undefined) event.prev_kv = keyValue(before);
  return event;
}

function eventBytes({kv, prev_kv: before}: WireEvent): number {
  const size = (entry: WireKeyValue): number => entry.key.length + (entry.value?.length ?? 0);
  return EVENT_OVERHEAD_BYTES + size(kv) + (before === undefined ? 0 : size(before));
}
