import {Flags} from '@oclif/core';
import {appArg, changeFlags} from '../../cli/base-command.ts';
import {ChangeCommand, UNCHANGED} from '../../cli/change-command.ts';
import {createdResult} from '../../cli/changes.ts';
import {placementFlag, readPlacement} from '../../cli/placement-flags.ts';
import {inBatches, numbered} from '../../cli/shard-batches.ts';
import {MAX_RECOVERY_TIME_DEFAULT_S} from '../../model/limits.ts';
import {appDeleting} from '../../model/not-found.ts';

export default class AppCreate extends ChangeCommand<typeof AppCreate> {
  static override summary = 'Create an app.';
  static override examples = [
    '<%= config.bin %> app create orders',
    '<%= config.bin %> app create orders --shards 40 --max-recovery-time 0',
  ];
  static override hiddenAliases = ['apps:create'];
  static override args = appArg;
  static override flags = {
    'max-shard-count': Flags.integer({
      description: 'maximum number of shards on one container; 0: no limit',
      default: 0,
    }),
    'max-recovery-time': Flags.integer({
      description: 'seconds that the shards of a lost container wait for it to come back',
      default: MAX_RECOVERY_TIME_DEFAULT_S,
    }),
    'max-moving': Flags.integer({
      description:
        'maximum number of shards that planned moves take out of service at once; 0: a tenth of the shards, at least 4, at most 100',
      default: 0,
    }),
    'placement-file': placementFlag,
    shards: Flags.integer({
      description:
        'create this many shards, named 1, 2, ... and padded with zeros to equal length (01 to 16)',
      default: 0,
    }),
    'if-not-exists': Flags.boolean({
      description: 'do nothing if the app already exists, not even add --shards',
    }),
    ...changeFlags,
  };

  override async run(): Promise<void> {
    const {name} = this.args;
    const {shards: count} = this.flags;
    const answer = await this.create(name);
    if (answer.result === 'configured') this.say(repairText(name));
    if (answer === UNCHANGED && count > 0)
      this.say(`app ${name} exists already: no shards are added (sm shard add adds them)`);
    if (count <= 0 || answer === UNCHANGED || this.change.dryRun)
      return this.showChange('App', name, answer);
    const shards = numbered('', count).map((shardId) => ({shardId}));
    const added = await inBatches(this.client, 'addShards', name, shards, this.change);
    await this.showObject(createdResult(name, answer, added));
    if (added.failed > 0) this.leaveWith(9);
  }

  private async create(name: string): ReturnType<typeof this.client.call<'addSpec'>> {
    if (this.flags['if-not-exists']) {
      const {services} = await this.client.call('getSpec', {});
      if (services.includes(name)) {
        const {app} = await this.client.call('getApp', {service: name});
        if (app.deleting) throw appDeleting(name);
        return UNCHANGED;
      }
    }
    return this.client.call('addSpec', {
      service: name,
      maxShardCount: this.flags['max-shard-count'],
      maxRecoveryTime: this.flags['max-recovery-time'],
      maxMoving: this.flags['max-moving'],
      ...(await readPlacement(this.flags['placement-file'])),
      ...this.change,
    });
  }
}

function repairText(name: string): string {
  return `the spec of ${name} was damaged: what cannot be read of it is lost, and the app is paused; look at its limits, placement policy and quota (sm app get ${name}), then sm app resume ${name}`;
}
