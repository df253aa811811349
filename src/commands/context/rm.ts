import {Args, Flags} from '@oclif/core';
import {ContextCommand} from '../../cli/context-command.ts';
import {unknownContext} from '../../cli/contexts.ts';

export default class ContextRm extends ContextCommand<typeof ContextRm> {
  static override summary = 'Remove a context.';
  static override examples = ['<%= config.bin %> context rm staging'];
  static override hiddenAliases = ['context:delete'];
  static override args = {name: Args.string({description: 'name of the context', required: true})};
  static override flags = {
    'ignore-not-found': Flags.boolean({description: 'succeed if there is no such context'}),
  };

  override async run(): Promise<void> {
    const {name} = this.args;
    await this.change(name, (file) => {
      if (!Object.hasOwn(file.contexts, name)) {
        if (this.flags['ignore-not-found']) return {file, result: 'unchanged'};
        throw unknownContext(name, file);
      }
      const {[name]: _gone, ...contexts} = file.contexts;
      const current = file.current === name ? '' : file.current;
      return {file: {current, contexts}, result: 'deleted'};
    });
  }
}
