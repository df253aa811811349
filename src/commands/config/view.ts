import {SmCommand} from '../../cli/base-command.ts';
import {withoutPassword} from '../../cli/settings.ts';
import {contextPath} from '../../cli/contexts.ts';

export default class ConfigView extends SmCommand<typeof ConfigView> {
  static override summary = 'Show the settings that commands use, and where each one comes from.';
  static override description =
    'A flag overrides the environment, which overrides the context, which overrides the default.';
  static override examples = [
    '<%= config.bin %> config view',
    '<%= config.bin %> config view --json',
  ];

  override async run(): Promise<void> {
    await this.showList({
      kind: 'SettingList',
      fields: {file: contextPath()},
      items: this.settings.map((setting) => ({...setting, value: withoutPassword(setting.value)})),
      name: ({name}) => name,
      columns: [
        {header: 'SETTING', value: ({name}) => name},
        {header: 'VALUE', value: ({value}) => value || '-'},
        {header: 'SOURCE', value: ({source}) => source},
      ],
    });
  }
}
