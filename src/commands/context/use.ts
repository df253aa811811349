import {Args} from '@oclif/core';
import {ContextCommand} from '../../cli/context-command.ts';
import {unknownContext} from '../../cli/contexts.ts';

export default class ContextUse extends ContextCommand<typeof ContextUse> {
  static override summary = 'Choose the context that commands take their settings from.';
  static override examples = [
    '<%= config.bin %> context use prod-eu',
    '<%= config.bin %> context use ""   # none',
  ];
  static override args = {name: Args.string({description: 'name of the context', required: true})};

  override async run(): Promise<void> {
    const {name} = this.args;
    await this.change(name, (file) => {
      if (name !== '' && !Object.hasOwn(file.contexts, name)) throw unknownContext(name, file);
      if (file.current === name) return {file, result: 'unchanged'};
      return {file: {...file, current: name}, result: 'configured'};
    });
  }
}
