import {Args, Flags} from '@oclif/core';
import {isDeepStrictEqual} from 'node:util';
import {ContextCommand} from '../../cli/context-command.ts';
import {checkContextName} from '../../cli/contexts.ts';
import type {Context} from '../../cli/contexts.ts';

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
    const given: Context = {
      ...this.typed('server', 'server'),
      ...this.typed('app', 'app'),
      ...this.typed('output', 'output'),
      ...this.typed('timeout', 'timeout'),
      ...this.typed('tokenFile', 'token-file'),
      ...this.typed('caFile', 'ca-file'),
      ...this.typed('certFile', 'cert-file'),
      ...this.typed('keyFile', 'key-file'),
      ...this.typed('proxy', 'proxy'),
    };
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
  private typed(setting: keyof Context, flag: string): Context {
    const value = (this.flags as Record<string, unknown>)[flag];
    return this.given.has(flag) && typeof value === 'string' ? {[setting]: value} : {};
  }
}
