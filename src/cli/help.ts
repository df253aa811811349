import {CommandHelp, Help} from '@oclif/core';
import {fit, widthOf} from '../model/text-width.ts';
import {commandOf} from './asked-words.ts';
import {unknownCommand} from './hooks/command-not-found.ts';
import {EXIT_CODES, HELP_TOPICS} from './help-topics.ts';

/** Examples first: most readers came for one. */
class ExamplesFirst extends CommandHelp {
  protected override sections(): ReturnType<CommandHelp['sections']> {
    const sections = super.sections();
    const examples = sections.filter(({header}) => /EXAMPLE/i.test(header));
    const rest = sections.filter(({header}) => !/EXAMPLE/i.test(header));
    const codes = EXIT_CODES.map(([code, meaning]) => `${String(code).padStart(3)} ${meaning}`);
    return [...examples, ...rest, {header: 'EXIT CODES', generate: () => codes.join('\n')}];
  }
}

export default class SmHelp extends Help {
  protected override CommandHelpClass = ExamplesFirst;

  /** @throws SmError INVALID_INPUT for words that name neither a command nor a topic. */
  override async showHelp(argv: string[]): Promise<void> {
    const words = argv.filter((word) => !word.startsWith('-'));
    const named = commandOf(words, this.config);
    const isTopic = words.length === 0 || this.config.findTopic(words.join(':')) !== undefined;
    if (named.length === 0 && !isTopic)
      throw unknownCommand(words.slice(0, 2).join(' '), this.config);
    await super.showHelp(named.length > 0 ? [...named] : argv);
  }

  /** Of everything: the topics beside the commands, too. */
  protected override async showRootHelp(): Promise<void> {
    await super.showRootHelp();
    const width = Math.max(...Object.keys(HELP_TOPICS).map(widthOf));
    const topics = Object.entries(HELP_TOPICS).map(
      ([name, {summary}]) => `  ${fit(name, width)}  ${summary}`,
    );
    this.log(['HELP TOPICS (sm help TOPIC)', ...topics].join('\n'));
  }
}
