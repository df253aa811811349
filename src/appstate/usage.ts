/** What an app takes of its quotas. Pure. */
import {PUSH_SDK} from '../model/container.ts';
import type {AppUsage} from '../model/quota.ts';
import type {AppView} from './app-view.ts';

export function usageOf(view: AppView): AppUsage {
  let pushSessions = 0;
  for (const {value} of view.heartbeats.values()) if (value.sdk === PUSH_SDK) pushSessions += 1;
  return {
    shards: view.shards.size,
    containers: view.heartbeats.size,
    specBytes: view.specs.bytes,
    groups: view.specs.groups + view.pools.size,
    pushSessions,
  };
}
