import {Args} from '@oclif/core';
import {SmCommand} from '../../cli/base-command.ts';
import {noteText} from '../../model/operator-note.ts';
import {quotaWords} from '../../model/quota.ts';
import type {AppView} from '../../protocol/admin.ts';

export default class AppGet extends SmCommand<typeof AppGet> {
  static override summary = 'Show one app.';
  static override examples = ['<%= config.bin %> app get orders'];
  static override hiddenAliases = ['apps:get'];
  static override args = {name: Args.string({description: 'name of the app', required: true})};

  override async run(): Promise<void> {
    const {app, revision} = await this.client.call('getApp', {service: this.args.name});
    const {shards} = app;
    await this.showObject({
      kind: 'App',
      fields: {...app, revision},
      name: app.service,
      lines: [
        `app ${app.service}: ${app.health}`,
        `shards: ${shards.ready} of ${shards.total} ready, ${shards.moving} moving, ${shards.unplaced} unplaced, ${shards.unknown} unknown, ${shards.failed} failed, ${shards.quarantined} quarantined`,
        `containers: ${
          Object.entries(app.containers)
            .map(([state, count]) => `${count} ${state}`)
            .join(', ') || 'none'
        }`,
        `limits: ${app.maxShardCount === 0 ? 'any number of' : app.maxShardCount} shards a container, recovery time ${app.maxRecoveryTime}s, at most ${app.maxMoving} moving at once`,
        ...quotaLines(app.quota),
        ...(app.paused ? [`paused ${noteText(app.pause)}`.trimEnd()] : []),
        // A daemon of before does not say it.
        ...(app.waits ?? []).map(({text}) => `moves wait for: ${text}`),
        `governor: ${app.governor || 'none'}`,
        ...app.alarms.map(({code, text, since}) => `alarm ${code} since ${since}: ${text}`),
      ],
    });
  }
}

/** One line: what is used of each quota. */
function quotaLines(quota: AppView['quota']): string[] {
  if (quota === undefined) return [];
  const parts = Object.entries(quota).map(([name, {used, limit}]) =>
    used === undefined ? `${limit} ${quotaWords(name)}` : `${used} of ${limit} ${quotaWords(name)}`,
  );
  return [`quota: ${parts.join(', ')}`];
}
