import {loadHelpClass} from '@oclif/core';
import {SmCommand} from '../cli/base-command.ts';
import {HELP_TOPICS} from '../cli/help-topics.ts';
import {commandNames} from '../cli/hooks/command-not-found.ts';
import {documentOf} from '../cli/help-document.ts';
import {SmError} from '../model/errors.ts';
import {nearestWords} from '../model/nearest.ts';

export default class Help extends SmCommand<typeof Help> {
  static override summary = 'Show help on a command or a topic.';
  static override description = `Topics: ${Object.keys(HELP_TOPICS).join(', ')}.`;
  static override examples = [
    '<%= config.bin %> help shard add',
    '<%= config.bin %> help exit-codes',
  ];
  static override strict = false;
  static override usage = 'help [COMMAND|TOPIC]';

  override async run(): Promise<void> {
    const wanted = this.words.join(' ');
    const topic = Object.hasOwn(HELP_TOPICS, wanted) ? HELP_TOPICS[wanted] : undefined;
    if (topic !== undefined) {
      const {summary, text} = topic;
      await this.showObject({
        kind: 'HelpTopic',
        fields: {topic: wanted, summary, text},
        name: wanted,
        lines: text.split('\n'),
      });
      return;
    }
    const id = this.words.join(':');
    const known =
      id === '' || this.config.findTopic(id) !== undefined || this.config.findCommand(id);
    if (!known) throw this.unknown(wanted);
    if (this.format.startsWith('json')) {
      process.stdout.write(`${JSON.stringify(documentOf(this.config, id))}\n`);
      return;
    }
    const HelpClass = await loadHelpClass(this.config);
    await new HelpClass(this.config).showHelp([...this.words]);
  }

  private unknown(wanted: string): SmError {
    const near = nearestWords(wanted, [...Object.keys(HELP_TOPICS), ...commandNames(this.config)]);
    return new SmError('NOT_FOUND', `there is no help on ${JSON.stringify(wanted)}`, {
      hint: near.length === 0 ? 'sm help' : `did you mean: ${near.join(', ')}?`,
    });
  }
}
