import {Args, Flags} from '@oclif/core';
import {isDeepStrictEqual} from 'node:util';
import {ContextCommand} from '../../cli/context-command.ts';
import {checkContextName} from '../../cli/contexts.ts';
import type {Context} from '../../cli/contexts.ts';
import {SETTING_FLAGS} from '../../cli/settings.ts';

export default class ContextAdd extends ContextCommand<typeof ContextAdd> {
  static override summary = 'Add a context, or replace the one with this name.';
  static override description =
    'Takes the settings from the flags --server, --app, --output, --timeout, --token-file, --ca-file, --cert-file, --key-file, --proxy. A token itself is never stored.';
  static override examples = [
    '<%= config.bin %> context add prod-eu --server https://sm.example.org:8801 --token-file ~/.sm-token --use',
    '<%= config.bin %> context add local --server http://127.0.0.1:8801 -a orders',
  ];
  static override args = {name: Args.string({description: 'name of the context', required: true})};
  static override flags = {
    app: Flags.string({char: 'a', description: 'app to work on'}),
    use: Flags.boolean({description: 'switch to it at once'}),
  };

  override async run(): Promise<void> {
    const {name} = this.args;
    checkContextName(name);
    const given = this.typed();
    await this.change(name, (file) => {
      const before = Object.hasOwn(file.contexts, name) ? file.contexts[name] : undefined;
      const current = this.flags.use ? name : file.current;
      const next = {current, contexts: {...file.contexts, [name]: given}};
      if (before === undefined) return {file: next, result: 'created'};
      const same = isDeepStrictEqual(before, given) && current === file.current;
      return {file: next, result: same ? 'unchanged' : 'configured'};
    });
  }

  /** Only what stands in the arguments: the environment must not slip into a file. */
  private typed(): Context {
    const values = this.flags as Record<string, unknown>;
    const settings = Object.entries(SETTING_FLAGS).filter(
      ([, {flag}]) => this.given.has(flag) && typeof values[flag] === 'string',
    );
    return Object.fromEntries(settings.map(([setting, {flag}]) => [setting, values[flag]]));
  }
}
