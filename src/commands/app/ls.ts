import {appWord} from '../../model/marks.ts';
import {Flags} from '@oclif/core';
import {listFlags} from '../../cli/list-shape.ts';
import {LiveCommand, watchFlags} from '../../cli/live/live-command.ts';
import type {AppView} from '../../protocol/admin.ts';

export default class AppLs extends LiveCommand<typeof AppLs> {
  static override summary = 'List all apps, trouble first.';
  static override examples = [
    '<%= config.bin %> app ls',
    '<%= config.bin %> app ls --json',
    '<%= config.bin %> app ls --watch',
  ];
  static override aliases = [];
  static override hiddenAliases = ['app:list', 'apps:ls', 'apps:list'];
  static override flags = {
    state: Flags.string({
      description: 'only apps in this state',
      options: ['ok', 'moving', 'trouble', 'paused', 'removing'],
    }),
    ...listFlags,
    ...watchFlags,
  };

  override async run(): Promise<void> {
    if (this.flags.watch) {
      await this.watch({
        view: 'apps',
        command: 'sm app ls --watch',
        service: '',
        query: {},
        for: this.flags.for,
        loadViews: () => import('../../views/index.tsx'),
      });
      return;
    }
    const {state} = this.flags;
    const {apps, revision} = await this.client.call('getApps', {});
    await this.showList<AppView>({
      kind: 'AppList',
      fields: {revision},
      items: apps
        .filter((app) => state === undefined || appWord(app).toLowerCase() === state)
        .toSorted((a, b) => trouble(b) - trouble(a) || (a.service < b.service ? -1 : 1)),
      name: ({service}) => service,
      columns: [
        {header: 'APP', value: ({service}) => service},
        {header: 'STATE', value: appWord},
        {header: 'READY', value: ({shards}) => `${shards.ready}/${shards.total}`},
        {
          header: 'CONTAINERS',
          value: ({containers}) => Object.values(containers).reduce((sum, count) => sum + count, 0),
        },
        {header: 'GOVERNOR', value: ({governor}) => governor || '-'},
        {header: 'MAX SHARDS', value: ({maxShardCount}) => maxShardCount || '-', wide: true},
        {header: 'RECOVERY', value: ({maxRecoveryTime}) => `${maxRecoveryTime}s`, wide: true},
      ],
      ...(apps.length === 0 ? {note: 'no app yet: create one with sm app create NAME'} : {}),
    });
  }
}

function trouble({shards, alarms}: AppView): number {
  return shards.unplaced + shards.failed + shards.quarantined + alarms.length;
}
