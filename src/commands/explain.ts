import {Args} from '@oclif/core';
import {SmCommand} from '../cli/base-command.ts';
import {fit, widthOf} from '../model/text-width.ts';

export default class Explain extends SmCommand<typeof Explain> {
  static override summary = 'Explain a key of apps.yml or of the configuration.';
  static override examples = [
    '<%= config.bin %> explain apps',
    '<%= config.bin %> explain apps.shards.range',
    '<%= config.bin %> explain config.heartbeat.ttlMs',
  ];
  static override args = {
    path: Args.string({
      description: 'apps or config, followed by keys, joined by dots',
      required: true,
    }),
  };

  override async run(): Promise<void> {
    const {explain} = await import('../config/explanations.ts');
    const found = explain(this.args.path);
    const {path, type, summary, required, fallback, keys} = found;
    const width = keys.reduce((most, {name}) => Math.max(most, widthOf(name)), 0);
    await this.showObject({
      kind: 'Explanation',
      fields: found,
      name: path,
      lines: [
        `${path}: ${type}${required ? ', required' : ''}${fallback === '' ? '' : `, default ${fallback}`}`,
        summary,
        ...keys.map(({name, summary: text}) => `  ${fit(name, width)}  ${text}`),
      ],
    });
  }
}
