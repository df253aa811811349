import {Flags} from '@oclif/core';
import {SmCommand, changeFlags} from '../../cli/base-command.ts';
import {changeResult} from '../../cli/changes.ts';
import {Progress, durationText} from '../../cli/progress.ts';
import {confirmByName} from '../../cli/confirm.ts';

export default class StoreAcceptRestore extends SmCommand<typeof StoreAcceptRestore> {
  static override summary = 'Go on with an etcd that was restored or replaced.';
  static override description =
    'Fencing tokens are revisions of etcd: one that was restored would give the same ones again, so daemons stop planning and containers stop claiming. This steps the epoch of the tokens up: every token to come is newer than all before. It waits until a minute has passed since the daemon noticed the restore, for so long somebody may still act by an old right, and says on stderr how long that is. Shards are placed anew from what the restored etcd holds. Where nobody doubts etcd, and where somebody else accepts it meanwhile, the result is `unchanged`.';
  static override examples = [
    '<%= config.bin %> store accept-restore',
    '<%= config.bin %> store accept-restore --confirm sm.prod --reason "etcd restored from the backup of 3:00"',
  ];
  static override flags = {
    confirm: Flags.string({description: "sm's own service name, to skip the prompt"}),
    force: Flags.boolean({
      description: 'step the epoch up though no process doubts etcd: none ran when it was restored',
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
  return `waiting ${durationText(waitMs)}, until ${end}: so long somebody may still act by a right from before the restore; if this is cut short, give the word again`;
}
