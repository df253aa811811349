import {Flags} from '@oclif/core';
import {listFlags} from '../../cli/list-shape.ts';
import {LiveCommand, watchFlags} from '../../cli/live/live-command.ts';
import {APP_HEALTH, troubleCount} from '../../model/health.ts';
import type {AppView} from '../../protocol/admin.ts';

export default class AppLs extends LiveCommand<typeof AppLs> {
  static override summary = 'List all apps, trouble first.';
  static override examples = [
    '<%= config.bin %> app ls',
    '<%= config.bin %> app ls --json',
    '<%= config.bin %> app ls --watch',
  ];
  static override hiddenAliases = ['app:list', 'apps:ls', 'apps:list'];
  static override flags = {
    state: Flags.string({
      description: 'only apps in this state',
      options: APP_HEALTH.map((health) => health.toLowerCase()),
    }),
    ...listFlags,
    ...watchFlags('sort-by', 'limit'),
  };

  override async run(): Promise<void> {
    const {state} = this.flags;
    if (this.flags.watch)
      return this.watch({
        view: 'apps',
        command: 'sm app ls --watch',
        filter: state,
        only: (row) => state === undefined || ('settled' in row && isIn(row, state)),
        for: this.flags.for,
      });
    const {apps, revision} = await this.client.call('getApps', {});
    const found = apps.filter((app) => state === undefined || isIn(app, state));
    const none =
      apps.length === 0 ? 'no app yet: create one with sm app create NAME' : `no app is ${state}`;
    await this.showList<AppView>({
      kind: 'AppList',
      fields: {revision},
      items: found.toSorted(
        (a, b) => troubleCount(b) - troubleCount(a) || (a.service < b.service ? -1 : 1),
      ),
      name: ({service}) => service,
      columns: [
        {header: 'APP', value: ({service}) => service},
        {header: 'STATE', value: ({health}) => health},
        {header: 'READY', value: ({shards}) => `${shards.ready}/${shards.total}`},
        {
          header: 'CONTAINERS',
          value: ({containers}) => Object.values(containers).reduce((sum, count) => sum + count, 0),
        },
        {header: 'GOVERNOR', value: ({governor}) => governor || '-'},
        {header: 'MAX SHARDS', value: ({maxShardCount}) => maxShardCount || '-', wide: true},
        {header: 'MOVING', value: ({maxMoving}) => maxMoving, wide: true},
        {header: 'RECOVERY', value: ({maxRecoveryTime}) => `${maxRecoveryTime}s`, wide: true},
      ],
      ...(found.length === 0 ? {note: none} : {}),
    });
  }
}

/** A paused app is found as such whatever else is to be said of it. */
function isIn({health, paused}: Pick<AppView, 'health' | 'paused'>, state: string): boolean {
  return health.toLowerCase() === state || (state === 'paused' && paused);
}
