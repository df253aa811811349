/** Apps as the text of a file: the same apps always give the same bytes. */
import {yamlText} from './yaml-text.ts';

export interface PrintedApp {
  readonly name: string;
  readonly revision: string;
  readonly maxShardCount: number;
  readonly maxRecoveryTime: number;
  readonly maxMoving?: number | undefined;
  readonly paused: boolean;
  readonly shards: readonly {
    readonly shardId: string;
    readonly task?: string | undefined;
    readonly manualContainerId?: string | undefined;
    readonly group?: string | undefined;
    readonly workerGroup?: string | undefined;
  }[];
  readonly workerGroups: Readonly<Record<string, readonly string[]>>;
}

/** What `apply` accepts; apps, shards and groups in the order given. */
export function printApps(apps: readonly PrintedApp[]): string {
  return yamlText({apps: apps.map(appNode)});
}

function appNode(app: PrintedApp): object {
  const {name, revision, maxShardCount, maxRecoveryTime, maxMoving = 0, paused} = app;
  const {shards, workerGroups} = app;
  const groups = Object.keys(workerGroups).length === 0 ? {} : {workerGroups};
  const nodes = shards.map(({shardId, task, manualContainerId, group, workerGroup}) => {
    const rest = {
      ...(task === undefined || task === '' ? {} : {task}),
      ...(group === undefined || group === '' ? {} : {group}),
      ...(workerGroup === undefined || workerGroup === '' ? {} : {workerGroup}),
      ...(manualContainerId === undefined || manualContainerId === ''
        ? {}
        : {pin: manualContainerId}),
    };
    return Object.keys(rest).length === 0 ? shardId : {id: shardId, ...rest};
  });
  return {
    ...{name, revision, maxShardCount, maxRecoveryTime},
    ...(maxMoving === 0 ? {} : {maxMoving}),
    paused,
    ...groups,
    ...(nodes.length === 0 ? {} : {shards: nodes}),
  };
}
