/** One app as lines for people. Pure. */
import {counted} from '../model/counted.ts';
import {alarmRows} from '../model/alarm-rows.ts';
import {noteText} from '../model/operator-note.ts';
import {quotaWords} from '../model/quota.ts';
import type {AppView} from '../protocol/admin.ts';

export function appLines(app: AppView): string[] {
  const {shards} = app;
  return [
    `app ${app.service}: ${app.health}`,
    `shards: ${shards.ready} of ${shards.total} ready, ${shards.moving} moving, ${shards.unplaced} unplaced, ${shards.unknown} unknown, ${shards.failed} failed, ${shards.quarantined} quarantined`,
    `containers: ${
      Object.entries(app.containers)
        .map(([state, count]) => `${count} ${state}`)
        .join(', ') || 'none'
    }`,
    `limits: ${app.maxShardCount === 0 ? 'any number of shards' : counted(app.maxShardCount, 'shard')} a container, recovery time ${app.maxRecoveryTime}s, at most ${app.maxMoving} moving at once`,
    ...quotaLines(app.quota),
    ...(app.paused ? [`paused ${noteText(app.pause)}`.trimEnd()] : []),
    // A daemon of before does not say it.
    ...(app.waits ?? []).map(({text}) => `moves wait for: ${text}`),
    ...(app.stranded ?? []).flatMap(({container, text, fix}) => [
      `drain of ${container}: ${text}`,
      ...fixLines(fix),
    ]),
    `governor: ${app.governor || 'none'}`,
    ...alarmRows(app.alarms).flatMap(({codes, text, fix}) => [
      `alarm ${codes.join(', ')} ${text}`,
      ...fixLines(fix),
    ]),
  ];
}

/** What leads out of what the line above says; nothing where that is not known. */
export function fixLines(fix: string): string[] {
  return fix === '' ? [] : [`  fix: ${fix}`];
}

/** One line: what is used of each quota. */
function quotaLines(quota: AppView['quota']): string[] {
  if (quota === undefined) return [];
  const parts = Object.entries(quota).map(([name, {used, limit}]) =>
    used === undefined ? `${limit} ${quotaWords(name)}` : `${used} of ${limit} ${quotaWords(name)}`,
  );
  return [`quota: ${parts.join(', ')}`];
}
