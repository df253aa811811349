import {CommandHelp, Help} from '@oclif/core';

const EXIT_CODES = [
  '0 done or nothing to do   1 bug   2 wrong input   3 not found   4 conflict   5 not allowed   6 unavailable',
  '7 timed out, work may go on   9 some of many failed   10 check failed   130 Ctrl-C   143 SIGTERM',
].join('\n');

/** Examples first: most readers came for one. */
class ExamplesFirst extends CommandHelp {
  protected override sections(): ReturnType<CommandHelp['sections']> {
    const sections = super.sections();
    const examples = sections.filter(({header}) => /EXAMPLE/i.test(header));
    const rest = sections.filter(({header}) => !/EXAMPLE/i.test(header));
    return [...examples, ...rest, {header: 'EXIT CODES', generate: () => EXIT_CODES}];
  }
}

export default class SmHelp extends Help {
  protected override CommandHelpClass = ExamplesFirst;
}
