import {Flags} from '@oclif/core';
import {SmCommand, changeFlags} from '../../cli/base-command.ts';
import {changeResult} from '../../cli/changes.ts';
import {Progress, durationText} from '../../cli/progress.ts';
import {confirmByName} from '../../cli/confirm.ts';

export default class StoreAcceptRestore extends SmCommand<typeof StoreAcceptRestore> {
  static override summary = 'Accept an etcd that was restored or replaced, and continue with it.';
  static override description =
    'Fencing tokens are revisions of etcd. A restored etcd would issue the same revisions again, so daemons stop planning and containers stop claiming. This command increases the epoch of the tokens: every new token is newer than all earlier ones. It first waits until one minute has passed since the daemon noticed the restore, because a container may still act by an old right for that long; the remaining time is shown on stderr. Shards are then placed from the content of the restored etcd. The result is `unchanged` if no process doubts this etcd, or if somebody else has accepted it.';
  static override examples = [
    '<%= config.bin %> store accept-restore',
    '<%= config.bin %> store accept-restore --confirm sm.prod --reason "etcd restored from the backup of 3:00"',
  ];
  static override flags = {
    confirm: Flags.string({description: "sm's own service name, to skip the prompt"}),
    force: Flags.boolean({
      description:
        'increase the epoch although no process doubts etcd, because none ran when it was restored',
    }),
    reason: changeFlags.reason,
  };

  override async run(): Promise<void> {
    const {service, store} = await this.client.call('status', {});
    const what = `accept the etcd cluster ${store.clusterId}`;
    await confirmByName(what, service, this.flags.confirm);
    const {force, reason} = this.flags;
    const progress = new Progress();
    if (store.acceptWaitMs > 0) progress.update({text: waitText(store.acceptWaitMs)});
    const answer = await this.client
      .call('acceptRestore', {confirm: service, force, reason})
      .finally(() => progress.stop());
    const {epoch, clusterId} = answer;
    const shown = changeResult('Store', service, answer, {epoch, clusterId}, false);
    const lines = answer.changed ? shown.lines : [...shown.lines, unchangedText(epoch)];
    await this.showObject({...shown, lines});
  }
}

function unchangedText(epoch: number): string {
  return `no process doubts this etcd, so the epoch stays ${epoch}; if etcd was restored while no daemon and no container ran, pass --force`;
}

function waitText(waitMs: number): string {
  const end = new Date(Date.now() + waitMs).toISOString();
  return `waiting ${durationText(waitMs)}, until ${end}: until then a container may still act by a right from before the restore; if this is interrupted, run the command again`;
}
