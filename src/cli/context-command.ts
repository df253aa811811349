import type {Command} from '@oclif/core';
import {SmCommand} from './base-command.ts';
import {contextPath, readContexts, writeContexts} from './contexts.ts';
import type {ContextFile} from './contexts.ts';
import {effectiveSettings} from './settings.ts';
import type {EffectiveSetting, GivenFlags} from './settings.ts';

type ContextResult = 'created' | 'configured' | 'unchanged' | 'deleted';

/** Base of the commands that change the context file: they work whatever the current context is. */
export abstract class ContextCommand<T extends typeof Command> extends SmCommand<T> {
  /** Flags that stand in the arguments. */
  protected given: ReadonlySet<string> = new Set();

  protected override async findSettings(flags: GivenFlags): Promise<EffectiveSetting[]> {
    this.given = flags.typed;
    return effectiveSettings(flags, {current: '', contexts: {}});
  }

  /** Reads the file, decides, writes it if it changed, and says so. */
  protected async change(
    name: string,
    decide: (file: ContextFile) => {file: ContextFile; result: ContextResult},
  ): Promise<void> {
    const {file, result} = decide(await readContexts());
    const changed = result !== 'unchanged';
    if (changed) await writeContexts(file);
    await this.showObject({
      kind: 'ContextChange',
      fields: {name, result, changed, current: file.current, file: contextPath()},
      name,
      lines: [`context ${name === '' ? '-' : name} ${result}`],
    });
  }
}
