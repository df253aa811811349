import {Flags} from '@oclif/core';
import {SmCommand} from '../cli/base-command.ts';
import {alarmPageLines} from '../cli/alarm-pages.ts';
import type {StatusAnswer} from '../protocol/admin.ts';
import {counted} from '../model/counted.ts';
import {isWell, leaderLives, troubleCount} from '../model/health.ts';
import {APPS_NAMED} from '../cli/limits.ts';

export default class Status extends SmCommand<typeof Status> {
  static override summary = 'Show the state of the cluster in three lines.';
  static override description =
    'Apps that are not well are named, each alarm with what leads out of it. With --exit-code it exits 10 unless all is OK or on its way.';
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
      lines: [...linesOf(status), ...alarmPageLines(status.alarms.map(({code}) => code))],
    });
    if (this.flags['exit-code'] && !isWell(status.health)) this.leaveWith(10);
  }
}

type App = StatusAnswer['apps'][number];

function linesOf(status: StatusAnswer): string[] {
  const {counts, alarms, apps} = status;
  const ill = apps
    .filter(({health}) => health !== 'OK')
    .sort((a, b) => troubleCount(b) - troubleCount(a));
  const more = ill.length - APPS_NAMED;
  return [
    `${status.health}: ${shardsText({...counts, total: counts.shards})}`,
    `${counted(counts.apps, 'app')}, ${counted(counts.containers, 'container')}, ${counted(counts.daemons, 'daemon')}`,
    ...ill.slice(0, APPS_NAMED).map((app) => `app ${appText(app)}`),
    ...(more > 0 ? [`and ${counted(more, 'app')} more that are not OK`] : []),
    ...(status.store.reason === '' ? [] : [status.store.reason]),
    leaderText(status),
    ...alarms.flatMap(({service, code, text, since, fix}) => [
      `alarm ${code} (${service})${since === '' ? '' : ` since ${since}`}: ${text}`,
      ...(fix === '' ? [] : [`  fix: ${fix}`]),
    ]),
  ];
}

function leaderText({leader, daemons, store}: StatusAnswer): string {
  if (store.restored !== '')
    return 'no leader: STORE_RESTORED, nobody leads until sm store accept-restore';
  if (leader === null) return 'no leader: is a daemon running?';
  const dead = leaderLives(leader, daemons) ? '' : ': it does not live';
  return `leader ${leader.container} since ${leader.since}${dead}`;
}

function appText({service, health, shards, paused}: App): string {
  return `${service}: ${health}${paused && health !== 'PAUSED' ? ' (paused)' : ''}, ${shardsText(shards)}`;
}

function shardsText(shards: Pick<App['shards'], 'total' | 'ready' | TroubleWord>): string {
  const trouble = TROUBLE_WORDS.filter((word) => shards[word] !== 0);
  const tail = trouble.map((word) => `, ${shards[word]} ${word}`).join('');
  return `${shards.ready} of ${shards.total} shards ready${tail}`;
}

const TROUBLE_WORDS = ['unplaced', 'unknown', 'failed', 'quarantined'] as const;
type TroubleWord = (typeof TROUBLE_WORDS)[number];
