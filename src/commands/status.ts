import {Flags} from '@oclif/core';
import {SmCommand} from '../cli/base-command.ts';
import {alarmPageLines} from '../cli/alarm-pages.ts';
import {statusLines} from '../cli/status-lines.ts';
import {isWell} from '../model/health.ts';

export default class Status extends SmCommand<typeof Status> {
  static override summary = 'Show the state of the cluster in three lines.';
  static override description =
    'Lists apps that are not OK, and each alarm with its fix. With --exit-code it exits 10 unless every app is OK, MOVING, PAUSED or REMOVING.';
  static override examples = [
    '<%= config.bin %> status',
    '<%= config.bin %> status --exit-code',
    '<%= config.bin %> status --json',
  ];
  static override flags = {
    'exit-code': Flags.boolean({description: 'exit 10 on TROUBLE, NO LEADER or UNKNOWN'}),
  };

  override async run(): Promise<void> {
    const status = await this.client.call('status', {});
    await this.showObject({
      kind: 'Status',
      fields: status,
      name: status.health,
      lines: [...statusLines(status), ...alarmPageLines(status.alarms.map(({code}) => code))],
    });
    if (this.flags['exit-code'] && !isWell(status.health)) this.leaveWith(10);
  }
}
