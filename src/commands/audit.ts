import {Flags} from '@oclif/core';
import {counted} from '../model/counted.ts';
import {SmCommand} from '../cli/base-command.ts';
import {locationFlags, locationOf} from '../cli/store-location-flags.ts';
import type {AuditResult} from '../transfer/index.ts';
import {FINDINGS_SHOWN} from '../cli/limits.ts';

export default class Audit extends SmCommand<typeof Audit> {
  static override summary =
    'Check every change that etcd still keeps against the rules of ownership.';
  static override description =
    'Reads the history below the prefix from etcd itself and checks each change of ownership records, heartbeats, container ids, leader key and ' +
    'cluster record: who governed, whether the heartbeat existed, whether tokens grew. It writes nothing and needs no daemon. Exits 10 when ' +
    'a change breaks a rule. Revisions that etcd has compacted cannot be checked.';
  static override examples = [
    '<%= config.bin %> audit --endpoints 127.0.0.1:2379',
    '<%= config.bin %> audit -a orders --endpoints 127.0.0.1:2379 --since 120000',
    '<%= config.bin %> audit -a orders -c sample.yml --json',
  ];
  static override flags = {
    ...locationFlags,
    app: Flags.string({char: 'a', description: 'only this app, and the daemons that governed it'}),
    since: Flags.integer({
      description: 'first revision to check; default: the oldest that etcd still keeps',
      min: 1,
    }),
    service: Flags.string({description: "sm's own service name; default: read from the store"}),
  };

  override async run(): Promise<void> {
    const {auditStore, withLocation} = await import('../transfer/index.ts');
    const {app, since, service} = this.flags;
    const say = (text: string): void => this.say(text);
    const options = {...locationOf(this.flags), mustExist: true};
    const [result, storeName] = await withLocation(
      options,
      async (location) =>
        [await auditStore({location, app, since, service, say}), location.name] as const,
    );
    await this.showObject({
      kind: 'Audit',
      fields: result,
      name: `${result.base + 1}-${result.until}`,
      lines: linesOf(result, storeName),
    });
    if (result.unlawful > 0) this.leaveWith(10);
  }
}

function linesOf(result: AuditResult, where: string): string[] {
  const {prefix, app, base, until, oldest, revisions, changes, notJudged, unlawful} = result;
  const of = app === '' ? 'every app' : `app ${app}`;
  const gap = oldest > 1 ? `; what was before revision ${oldest} is compacted` : '';
  const lines = [
    `${of} below ${prefix} in ${where}: revisions ${base + 1} to ${until}${gap}`,
    `${counted(revisions, 'revision')} with ${counted(changes, 'change')}`,
    ...Object.entries(result.transitions).map(([kind, count]) => `  ${kind}: ${count}`),
  ];
  if (notJudged > 0)
    lines.push(
      `${counted(notJudged, 'change')} not checked: made by an import, or by a newer version of sm`,
    );
  const checked = notJudged > 0 ? 'every change that was checked' : 'every change';
  lines.push(
    unlawful === 0
      ? `${checked} follows the rules`
      : `against the rules: ${counted(unlawful, 'change')}`,
  );
  for (const {revision, key, rule, before, after} of result.findings.slice(0, FINDINGS_SHOWN)) {
    lines.push(`  revision ${revision} ${key}: ${rule}`);
    lines.push(`    before: ${before ?? 'nothing'}`, `    after:  ${after ?? 'nothing'}`);
  }
  const more = Math.min(unlawful, result.findings.length) - FINDINGS_SHOWN;
  if (more > 0) lines.push(`  and more: with --json the first ${result.findings.length}`);
  return lines;
}
