import {SmCommand} from '../cli/base-command.ts';
import {alarmPageLines} from '../cli/alarm-pages.ts';
import {RemoteError} from '../admin/remote-error.ts';
import {SmError} from '../model/errors.ts';
import type {ChecksAnswer} from '../protocol/admin.ts';
import {CLOCK_APART_WARN_MS} from '../model/limits.ts';

type Check = ChecksAnswer['checks'][number];

export default class Doctor extends SmCommand<typeof Doctor> {
  static override summary =
    'Check daemon, etcd, leader, clocks, containers, shards, alarms; each problem with its fix.';
  static override description = 'Exits 10 when a check failed; warnings alone exit 0.';
  static override examples = ['<%= config.bin %> doctor', '<%= config.bin %> doctor --json'];

  override async run(): Promise<void> {
    const checks = await this.allChecks();
    const failed = checks.filter(({verdict}) => verdict === 'FAIL').length;
    const warned = checks.filter(({verdict}) => verdict === 'WARN').length;
    await this.showList<Check>({
      kind: 'CheckList',
      fields: {failed, warned},
      items: checks,
      name: ({name}) => name,
      columns: [
        {header: 'VERDICT', value: ({verdict}) => verdict},
        {header: 'CHECK', value: ({name}) => name},
        {header: 'FOUND', value: ({text, fix}) => (fix === '' ? text : `${text}; fix: ${fix}`)},
      ],
      ...noteOf(checks),
    });
    if (failed > 0) this.leaveWith(10);
  }

  private async allChecks(): Promise<Check[]> {
    const configured = this.settingsCheck();
    try {
      const startedMs = Date.now();
      const {checks, at} = await this.client.call('checks', {});
      const endedMs = Date.now();
      const server = `${this.client.server} answers in ${endedMs - startedMs} ms`;
      return [
        configured,
        {name: 'daemon', verdict: 'PASS', text: server, fix: ''},
        clockCheck(Date.parse(at), startedMs, endedMs),
        ...checks,
      ];
    } catch (error) {
      if (!(error instanceof SmError || error instanceof RemoteError)) throw error;
      const fix = error instanceof SmError ? (error.hint ?? '') : (error.failure.fix[0] ?? '');
      return [configured, {name: 'daemon', verdict: 'FAIL', text: error.message, fix}];
    }
  }

  private settingsCheck(): Check {
    const text = this.settings
      .filter(({name, value}) => (name === 'server' || name === 'context') && value !== '')
      .map(({name, value, source}) => `${name} ${value} (${source})`)
      .join(', ');
    return {name: 'configuration', verdict: 'PASS', text, fix: ''};
  }
}

/** That all is well, or where to read on. */
function noteOf(checks: readonly Check[]): {note?: string} {
  if (checks.every(({verdict}) => verdict === 'PASS')) return {note: 'all is well'};
  const failed = checks.filter(({verdict}) => verdict === 'FAIL');
  const pages = alarmPageLines(failed.flatMap(({name, text}) => [name, text]));
  return pages.length === 0 ? {} : {note: pages.join('\n')};
}

/** The daemon's word was said between the start and the end of the call. */
function clockCheck(daemonMs: number, startedMs: number, endedMs: number): Check {
  const apartMs = Math.max(0, startedMs - daemonMs, daemonMs - endedMs);
  const text = `the daemon's clock is ${apartMs} ms away from this one`;
  return apartMs < CLOCK_APART_WARN_MS
    ? {name: 'clock', verdict: 'PASS', text, fix: ''}
    : {name: 'clock', verdict: 'WARN', text, fix: 'synchronize both machines with one time server'};
}
