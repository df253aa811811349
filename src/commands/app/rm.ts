import {Args, Flags} from '@oclif/core';
import {SmCommand, changeFlags} from '../../cli/base-command.ts';
import {changeResult} from '../../cli/changes.ts';
import {confirmByName} from '../../cli/confirm.ts';
import {RemoteError} from '../../admin/remote-error.ts';
import type {WriteAnswer} from '../../protocol/admin.ts';

export default class AppRm extends SmCommand<typeof AppRm> {
  static override summary = 'Remove an app and all its keys.';
  static override description =
    'Refused while the app has shards or living containers, unless --force is given: then its containers drop everything and end.';
  static override examples = [
    '<%= config.bin %> app rm orders --confirm orders --wait',
    '<%= config.bin %> app rm orders --force --confirm orders',
  ];
  static override hiddenAliases = ['app:delete', 'apps:rm', 'apps:delete'];
  static override args = {name: Args.string({description: 'name of the app', required: true})};
  static override flags = {
    force: Flags.boolean({
      description: 'remove the app even if it has shards or living containers',
    }),
    confirm: Flags.string({description: 'the name of the app, to skip the prompt'}),
    'ignore-not-found': Flags.boolean({description: 'succeed if there is no such app'}),
    wait: Flags.boolean({description: 'wait until the app and all its keys are gone'}),
    ...changeFlags,
  };

  override async run(): Promise<void> {
    const {name} = this.args;
    const dryRun = this.flags['dry-run'];
    if (!dryRun) await confirmByName(`remove app ${name}`, name, this.flags.confirm);
    const answer = await this.remove(name, dryRun);
    const waits = this.flags.wait && answer.changed && !dryRun;
    await this.showAfter(waits ? [{service: name, kind: 'app', for: 'gone'}] : [], () =>
      this.showObject(changeResult('App', name, answer, {}, dryRun)),
    );
  }

  private async remove(name: string, dryRun: boolean): Promise<WriteAnswer> {
    try {
      return await this.client.call('delSpec', {
        ...{service: name, force: this.flags.force},
        ...{reason: this.flags.reason, dryRun},
      });
    } catch (error) {
      const absent = error instanceof RemoteError && error.failure.exit === 3;
      if (absent && this.flags['ignore-not-found'])
        return {result: 'unchanged', changed: false, revision: '0'};
      throw error;
    }
  }
}
