import {Flags} from '@oclif/core';
import {appArg, changeFlags} from '../../cli/base-command.ts';
import {ChangeCommand, UNCHANGED} from '../../cli/change-command.ts';
import {confirmByName} from '../../cli/confirm.ts';

export default class AppRm extends ChangeCommand<typeof AppRm> {
  static override summary = 'Remove an app and all its keys.';
  static override description =
    'Refused while the app has shards or living containers, unless --force is given: then its containers drop everything and end.';
  static override examples = [
    '<%= config.bin %> app rm orders --confirm orders --wait',
    '<%= config.bin %> app rm orders --force --confirm orders',
  ];
  static override hiddenAliases = ['app:delete', 'apps:rm', 'apps:delete'];
  static override args = appArg;
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
    const {force, wait, confirm} = this.flags;
    const {dryRun} = this.change;
    if (!dryRun) await confirmByName(`remove app ${name}`, name, confirm);
    const removing = this.client.call('delSpec', {service: name, force, ...this.change});
    const answer = await this.removed(removing, ({exit}) => exit === 3);
    // Also for a removal that somebody has begun before.
    const waits = wait && answer !== UNCHANGED && !dryRun;
    await this.showAfter(waits ? [{service: name, kind: 'app', for: 'gone'}] : [], () =>
      this.showChange('App', name, answer),
    );
  }
}
