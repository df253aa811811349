import {Flags} from '@oclif/core';
import {appArg, changeFlags} from '../../cli/base-command.ts';
import {ChangeCommand} from '../../cli/change-command.ts';
import {placementFlag, readPlacement} from '../../cli/placement-flags.ts';

export default class AppUpdate extends ChangeCommand<typeof AppUpdate> {
  static override summary = 'Change the limits and the placement policy of an app.';
  static override examples = [
    '<%= config.bin %> app update orders --max-shard-count 100',
    '<%= config.bin %> app update orders --max-recovery-time 30',
    '<%= config.bin %> app update orders --max-moving 2',
    '<%= config.bin %> app update orders --placement-file placement.yml',
  ];
  static override hiddenAliases = ['apps:update'];
  static override args = appArg;
  static override flags = {
    'max-shard-count': Flags.integer({
      description: 'maximum number of shards on one container; 0: no limit',
    }),
    'max-recovery-time': Flags.integer({
      description: 'seconds that the shards of a lost container wait for it to come back',
    }),
    'max-moving': Flags.integer({
      description:
        'maximum number of shards that planned moves take out of service at once; 0: a tenth of the shards, at least 4, at most 100',
    }),
    'placement-file': placementFlag,
    ...changeFlags,
  };

  override async run(): Promise<void> {
    const {name} = this.args;
    const answer = await this.client.call('updateSpec', {
      service: name,
      maxShardCount: this.flags['max-shard-count'],
      maxRecoveryTime: this.flags['max-recovery-time'],
      maxMoving: this.flags['max-moving'],
      ...(await readPlacement(this.flags['placement-file'])),
      ...this.change,
    });
    await this.showChange('App', name, answer);
  }
}
