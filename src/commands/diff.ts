import {Flags} from '@oclif/core';
import {SmCommand} from '../cli/base-command.ts';
import {exported} from '../cli/apps-apply.ts';
import {diffApp, diffRows} from '../cli/apps-diff.ts';
import type {DiffRow} from '../cli/apps-diff.ts';
import {appsFileFlag, readApps} from '../cli/apps-source.ts';
import {listFlags} from '../cli/list-shape.ts';

const MARKS = {create: '+', update: '~', delete: '-', unmanaged: ' '} as const;

export default class Diff extends SmCommand<typeof Diff> {
  static override summary = 'Show what apply would change.';
  static override examples = [
    '<%= config.bin %> diff -f apps.yml',
    '<%= config.bin %> diff -f apps.yml --exit-code   # exit 8 when there is something to do',
  ];
  static override flags = {
    file: appsFileFlag,
    prune: Flags.boolean({description: 'show what apply --prune would change'}),
    'exit-code': Flags.boolean({description: 'exit 8 when there are changes'}),
    ...listFlags,
  };

  override async run(): Promise<void> {
    const {file, prune} = this.flags;
    const rows: DiffRow[] = [];
    for (const app of await readApps(file))
      rows.push(...diffRows(diffApp(app, await exported(this.client, app.name)), prune));
    const changes = rows.filter(({change}) => change !== 'unmanaged').length;
    await this.showList<DiffRow>({
      kind: 'DiffList',
      fields: {changed: changes > 0, changes, unmanaged: rows.length - changes},
      items: rows,
      name: ({app, object}) => `${app}/${object}`,
      columns: [
        {header: ' ', value: ({change}) => MARKS[change]},
        {header: 'APP', value: ({app}) => app},
        {header: 'OBJECT', value: ({object}) => object},
        {header: 'CHANGE', value: ({change}) => change},
        {header: 'FIELD', value: ({field}) => field || '-'},
        {header: 'FROM', value: ({from}) => from || '-'},
        {header: 'TO', value: ({to}) => to || '-'},
      ],
      ...(rows.length === 0 ? {note: 'nothing to change'} : {}),
    });
    if (this.flags['exit-code'] && changes > 0) this.leaveWith(8);
  }
}
