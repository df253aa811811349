/** Starts oclif; whatever goes wrong outside a command ends here in our form. */
import type {Config} from '@oclif/core';
import {commandOf, isHelpAsked, wordsBeforeFlags} from './asked-words.ts';
import {chooseColor} from './color.ts';
import {ownPlugin} from './own-plugin.ts';
import {jsonText} from './json-text.ts';
import {endWithOutput, outliveErrorOutput} from './lost-output.ts';
import {reportFailure, wantsJson} from './failure-report.ts';
import {endBySignals, ensureHome, ensureShell} from './surroundings.ts';
import {refuseChangedArguments} from './text-input.ts';

export async function main(): Promise<void> {
  ensureHome();
  ensureShell();
  endBySignals();
  endWithOutput();
  outliveErrorOutput();
  const argv = process.argv.slice(2);
  try {
    refuseChangedArguments(argv);
    chooseColor(argv);
    const {Config, flush, run} = await import('./oclif.ts');
    endWithOutput();
    outliveErrorOutput();
    const plugin = ownPlugin(import.meta.url);
    const config = await Config.load({
      root: plugin.root,
      plugins: new Map([[plugin.name, plugin]]),
    });
    if (wantsJson(argv) && (await showHelpDocument(config, argv))) return;
    await run(argv, config);
    // It would wait for ever for a stream that takes nothing any more.
    if (process.stdout.errored === null) await flush();
  } catch (error) {
    process.exitCode = reportFailure(error, wantsJson(argv));
  }
}

/** Help is a document, too, when JSON is asked for: of a topic, of a command with --help, of everything. */
async function showHelpDocument(config: Config, argv: readonly string[]): Promise<boolean> {
  const words = wordsBeforeFlags(argv);
  const named = commandOf(words, config);
  const id = (named.length > 0 ? named : words).join(':');
  const isCommand = config.findCommand(id) !== undefined;
  const isTopic = words.length === 0 || config.findTopic(id) !== undefined;
  if (!isHelpAsked(argv, {isCommand, isTopic})) return false;
  const {documentOf} = await import('./help-document.ts');
  process.stdout.write(`${jsonText(documentOf(config, id))}\n`);
  return true;
}
