/** `sm store export`: everything below a prefix at one revision, as text. */
import {ETCD_PREFIX_DEFAULT} from '../model/etcd-prefix.ts';
import {firstOf} from '../model/and-more.ts';
import {SmError} from '../model/errors.ts';
import type {Clock} from '../runtime/clock.ts';
import {contentsOf, isHeartbeat, isPushSession, refuseHalf} from './contents.ts';
import type {SourceItem} from './contents.ts';
import {writeExport} from './file.ts';
import type {StoreLocation} from './store-location.ts';
import {livingBelow} from './liveness-check.ts';
import {LIVING_NAMED} from './limits.ts';

export interface ExportOptions {
  readonly location: StoreLocation;
  readonly clock: Clock;
  /** Export even though containers live: a copy to keep, not one to move with. */
  readonly live: boolean;
  readonly say: (text: string) => void;
}

export interface ExportResult {
  readonly text: string;
  readonly prefix: string;
  readonly keys: number;
  readonly revision: string;
  readonly living: readonly string[];
}

/**
 * Without `live` it waits until whoever has been there has certainly stopped acting, at most W of the slowest.
 * @throws SmError CHECK_FAILED when somebody lives there; CONFLICT for half an import; NOT_FOUND when there is nothing; STORE_UNAVAILABLE, STORE_AUTH.
 */
export async function exportPrefix(options: ExportOptions): Promise<ExportResult> {
  const {location, clock, live, say} = options;
  const prefix = location.prefix ?? ETCD_PREFIX_DEFAULT;
  const {clusterId} = await location.keys.status();
  const before = live ? [] : await livingBelow({keys: location.keys, prefix, clock, say});
  refuseLiving(before, location.name);
  const {revision, entries} = await location.keys.list(`${prefix}/`);
  if (entries.length === 0)
    throw new SmError('NOT_FOUND', `there are no keys below ${prefix} in ${location.name}`, {
      hint: 'check --etcd-prefix',
    });
  const items = entries.map(({key, value, mod}): SourceItem => ({
    key: key.subarray(prefix.length + 1),
    value,
    mod,
  }));
  refuseHalf(items, location.name);
  // Heartbeats that stood still for W are of no living container.
  const living = live ? items.filter(isAlive).map(({key}) => key.toString('utf8')) : [];
  const contents = contentsOf(items);
  const header = {prefix, clusterId, revision: String(revision), at: isoTime(clock), living};
  const text = writeExport({header, items: contents});
  return {text, prefix, keys: contents.length, revision: String(revision), living};
}

export function refuseLiving(living: readonly string[], where: string): void {
  if (living.length === 0) return;
  throw new SmError(
    'CHECK_FAILED',
    `containers or daemons are alive in ${where}: ${firstOf(living, LIVING_NAMED)}`,
    {
      hint: 'stop daemons and containers first: a container that kept running with the old store would be a second owner',
    },
  );
}

function isAlive({key}: SourceItem): boolean {
  return isHeartbeat(key) || isPushSession(key);
}

function isoTime(clock: Clock): string {
  return new Date(clock.wallMs()).toISOString();
}
