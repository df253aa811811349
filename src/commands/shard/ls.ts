import {Flags} from '@oclif/core';
import {appFlag} from '../../cli/base-command.ts';
import {listFlags} from '../../cli/list-shape.ts';
import {everyShard} from '../../cli/shard-batches.ts';
import {LiveCommand, watchFlags} from '../../cli/live/live-command.ts';
import {loadsText} from '../../model/load-text.ts';
import {SHARD_STATES, shardTrouble} from '../../model/trouble.ts';
import type {ShardState, ShardView} from '../../protocol/admin.ts';
import {SHARDS_PAGE} from '../../cli/limits.ts';

export default class ShardLs extends LiveCommand<typeof ShardLs> {
  static override summary = 'List shards, trouble first.';
  static override examples = [
    '<%= config.bin %> shard ls -a orders',
    '<%= config.bin %> shard ls -a orders --unplaced',
    '<%= config.bin %> shard ls -a orders --container orders-2 -o name',
    '<%= config.bin %> shard ls -a orders --watch',
  ];
  static override hiddenAliases = ['shard:list', 'shards:ls', 'shards:list'];
  static override flags = {
    app: appFlag,
    state: Flags.string({
      description: 'only shards in this state',
      options: [...SHARD_STATES],
    }),
    container: Flags.string({description: 'only shards of this container'}),
    unplaced: Flags.boolean({description: 'only shards without a container'}),
    ...listFlags,
    ...watchFlags('sort-by'),
  };

  override async run(): Promise<void> {
    const {app: service, state, container, unplaced} = this.flags;
    const query = {
      ...{state: state as ShardState | undefined, container},
      ...(unplaced ? {unplaced} : {}),
    };
    if (this.flags.watch)
      return this.watch({
        view: 'shards',
        command: 'sm shard ls --watch',
        service,
        query: {...query, limit: this.flags.limit},
        for: this.flags.for,
      });
    // Sorting, trouble first, needs all of them; what is shown is cut later.
    const every = {service, ...query, limit: SHARDS_PAGE};
    const {shards, matched, revision} = await everyShard(this.client, every);
    await this.showList<ShardView>({
      kind: 'ShardList',
      fields: {matched, revision},
      items: shards.toSorted(
        (a, b) => shardTrouble(b.state) - shardTrouble(a.state) || (a.id < b.id ? -1 : 1),
      ),
      name: ({id}) => id,
      columns: [
        {header: 'SHARD', value: ({id}) => id},
        {header: 'STATE', value: ({state: word}) => word.toUpperCase()},
        {header: 'CONTAINER', value: (shard) => shard.container || '-'},
        ...(shards.some(({currentLoad}) => currentLoad !== undefined)
          ? [
              {
                header: 'LOAD',
                value: ({currentLoad = {}}: ShardView) => loadsText(currentLoad) || '-',
              },
            ]
          : []),
        {header: 'GROUP', value: ({group}) => group || '-', wide: true},
        {header: 'WORKER GROUP', value: ({workerGroup}) => workerGroup || '-', wide: true},
        {header: 'PIN', value: ({manualContainerId}) => manualContainerId || '-', wide: true},
        {header: 'TOKEN', value: ({token}) => token || '-', wide: true},
        {header: 'REASON', value: ({reason, lastError}) => reason || lastError},
      ],
      ...(shards.length === 0 ? {note: 'no shard matches'} : {}),
    });
  }
}
