import {SmCommand} from '../cli/base-command.ts';

export default class Version extends SmCommand<typeof Version> {
  static override summary = 'Show the version of sm and what it runs on.';
  static override examples = ['<%= config.bin %> version', '<%= config.bin %> version --json'];

  override async run(): Promise<void> {
    const {name, version} = this.config;
    const fields = {
      name,
      version,
      node: process.version,
      platform: `${process.platform}-${process.arch}`,
    };
    await this.showObject({
      kind: 'Version',
      fields,
      name: version,
      lines: [`${name} ${version}, Node ${process.version}, ${fields.platform}`],
    });
  }
}
