import {SmCommand} from '../cli/base-command.ts';
import {alarmPageLines} from '../cli/alarm-pages.ts';
import type {StatusAnswer} from '../protocol/admin.ts';
import {counted} from '../model/counted.ts';

export default class Status extends SmCommand<typeof Status> {
  static override summary = 'Say in three lines how the cluster is.';
  static override examples = ['<%= config.bin %> status', '<%= config.bin %> status --json'];

  override async run(): Promise<void> {
    const status = await this.client.call('status', {});
    await this.showObject({
      kind: 'Status',
      fields: status,
      name: status.health,
      lines: [...linesOf(status), ...alarmPageLines(status.alarms.map(({code}) => code))],
    });
  }
}

function linesOf(status: StatusAnswer): string[] {
  const {counts, leader, alarms} = status;
  const trouble = [
    [counts.unplaced, 'unplaced'],
    [counts.unknown, 'unknown'],
    [counts.failed, 'failed'],
    [counts.quarantined, 'quarantined'],
  ].filter(([count]) => count !== 0);
  const tail = trouble.map(([count, word]) => `, ${count} ${word}`).join('');
  return [
    `${status.health}: ${counts.ready} of ${counts.shards} shards ready${tail}`,
    `${counted(counts.apps, 'app')}, ${counted(counts.containers, 'container')}, ${counted(counts.daemons, 'daemon')}`,
    ...(status.store.reason === '' ? [] : [status.store.reason]),
    leader === null
      ? 'no leader: is a daemon running?'
      : `leader ${leader.container} since ${leader.since}`,
    ...alarms.map(
      ({service, code, text, since}) => `alarm ${code} (${service}) since ${since}: ${text}`,
    ),
  ];
}
