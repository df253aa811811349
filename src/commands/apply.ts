import {Flags} from '@oclif/core';
import {SmCommand, changeFlags} from '../cli/base-command.ts';
import {applyApps, exported} from '../cli/apps-apply.ts';
import type {AppliedApp} from '../cli/apps-apply.ts';
import {diffApp} from '../cli/apps-diff.ts';
import {appsFileFlag, readApps} from '../cli/apps-source.ts';
import {DRY_RUN_NOTE} from '../cli/changes.ts';
import {confirmByNames, namesIn} from '../cli/confirm.ts';
import {interruptible} from '../cli/interrupt.ts';
import {Progress} from '../cli/progress.ts';
import {warningLines} from '../cli/warning-lines.ts';
import type {FileApp} from '../config/apps-file.ts';
import {SmError} from '../model/errors.ts';

export default class Apply extends SmCommand<typeof Apply> {
  static override summary = 'Make apps match the files that declare them.';
  static override description = [
    'Shards and group members that are not in the files are left alone unless --prune is given; apps that no file names are never touched.',
    'If apply is interrupted, run the same command again to continue. Two applies never change one app at the same time.',
  ].join('\n');
  static override examples = [
    '<%= config.bin %> apply -f apps.yml',
    '<%= config.bin %> apply -f apps.yml --if-revision 4711 --reason "ticket 12"',
    '<%= config.bin %> apply -f apps/ --prune --confirm orders,search',
    '<%= config.bin %> apply -f apps/ --prune --confirm-all --reason "release 7"',
  ];
  static override flags = {
    file: appsFileFlag,
    prune: Flags.boolean({
      description: 'remove shards and group members that the files do not name',
    }),
    confirm: Flags.string({
      description:
        'for --prune: the names of the apps that may lose shards or group members, comma-separated',
    }),
    'confirm-all': Flags.boolean({
      description: 'for --prune, instead of --confirm: prune any app without naming it',
      exclusive: ['confirm'],
      dependsOn: ['prune'],
    }),
    'if-revision': Flags.string({
      description:
        'refuse unless the specs are still at this revision, as printed by export; one app only',
    }),
    wait: Flags.boolean({description: 'wait until every shard is ready'}),
    ...changeFlags,
  };

  override async run(): Promise<void> {
    const {prune, reason, 'dry-run': dryRun, 'if-revision': ifRevision} = this.flags;
    const apps = await readApps(this.flags.file);
    this.checkRevision(apps, ifRevision);
    const asks = prune && !dryRun && !this.flags['confirm-all'];
    const confirmed = asks ? await this.confirmLosses(apps) : undefined;
    const progress = new Progress();
    let applied: AppliedApp[] = [];
    const onProgress = (done: number, total: number, app: string): void =>
      progress.update({text: `applying ${app}`, done, total});
    const work = async (signal: AbortSignal): Promise<void> => {
      const options = {prune, confirmed, dryRun, reason, ifRevision, signal, onProgress};
      applied = await applyApps(this.client, apps, options);
    };
    await interruptible(
      work,
      'run the same command again to continue',
      'stopped: the files may be applied in part',
      // What is half done must be known: the call under way ends first, and the marker is given back.
      () => this.say('stopping once the daemon has answered; Ctrl-C again ends at once'),
    ).finally(() => progress.stop());
    const done = applied.filter(({result}) => result !== 'failed');
    const goals = done.map(({name}) => ({service: name, kind: 'app', for: 'ready'}) as const);
    await this.showAfter(this.flags.wait && !dryRun ? goals : [], () => this.show(applied, dryRun));
  }

  private async show(applied: readonly AppliedApp[], dryRun: boolean): Promise<void> {
    const failed = applied.reduce((sum, app) => sum + app.failed, 0);
    const changed = applied.some(({result}) => result !== 'unchanged');
    await this.showList<AppliedApp>({
      kind: 'ApplyResult',
      fields: {changed, failed, dryRun},
      items: applied,
      name: ({name}) => name,
      columns: [
        {header: 'APP', value: ({name}) => name},
        {header: 'RESULT', value: ({result}) => result},
        {header: 'ADDED', value: ({added}) => added},
        {header: 'UPDATED', value: ({updated}) => updated},
        {header: 'REMOVED', value: ({removed}) => removed},
        {header: 'WORKERS', value: ({members}) => members},
        {header: 'UNMANAGED', value: ({unmanaged}) => unmanaged},
        {header: 'FAILED', value: (app) => app.failed},
        {header: 'REVISION', value: ({specRevision}) => specRevision},
      ],
      ...(dryRun ? {note: DRY_RUN_NOTE} : {}),
      ...(applied.length === 0 ? {note: 'the files name no app'} : {}),
    });
    for (const {errors, warnings} of applied) {
      for (const {object, error} of errors) this.say(`${object}: ${error}`);
      for (const line of warningLines(warnings.map(({warning}) => warning))) this.say(line);
    }
    if (failed > 0) this.leaveWith(9);
  }

  private checkRevision(apps: readonly FileApp[], ifRevision: string | undefined): void {
    if (ifRevision === undefined) return;
    if (!/^\d{1,19}$/.test(ifRevision))
      throw new SmError('INVALID_INPUT', `${JSON.stringify(ifRevision)} is not a revision`, {
        hint: 'as sm export prints it',
      });
    if (apps.length !== 1)
      throw new SmError('INVALID_INPUT', `--if-revision is for one app, not for ${apps.length}`, {
        hint: 'apply one app at a time',
      });
  }

  /** Apps that may lose something. */
  private async confirmLosses(apps: readonly FileApp[]): Promise<ReadonlySet<string>> {
    const losing: string[] = [];
    for (const app of apps) {
      const diff = diffApp(app, await exported(this.client, app.name).catch(unlessRemoved));
      if (diff.extra.length + diff.extraMemberships.length > 0) losing.push(app.name);
    }
    const what = `remove from ${losing.join(', ')} what the files do not declare`;
    if (losing.length > 0) await confirmByNames(what, losing, this.flags.confirm);
    return new Set([...losing, ...namesIn(this.flags.confirm ?? '')]);
  }
}

/** What is being removed anyway is refused when it is applied. */
function unlessRemoved(error: unknown): undefined {
  if (!(error instanceof SmError) || error.code !== 'APP_DELETING') throw error;
}
