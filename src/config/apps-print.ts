/** Apps as the text of a file: the same apps always give the same bytes. */
import {compareText} from '../model/compare-text.ts';
import {plainPolicy} from '../model/placement-policy.ts';
import type {PlacementPolicy} from '../model/placement-policy.ts';
import {yamlText} from './yaml-text.ts';

export interface PrintedApp {
  readonly name: string;
  readonly revision: string;
  readonly maxShardCount: number;
  readonly maxRecoveryTime: number;
  readonly maxMoving?: number | undefined;
  readonly placement?: object | undefined;
  readonly paused: boolean;
  readonly shards: readonly {
    readonly shardId: string;
    readonly task?: string | undefined;
    readonly manualContainerId?: string | undefined;
    readonly group?: string | undefined;
    readonly workerGroup?: string | undefined;
    readonly load?: Readonly<Record<string, number>> | undefined;
    readonly spreadKey?: string | undefined;
    readonly priority?: number | undefined;
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
  const placement = plainPolicy(app.placement as PlacementPolicy | undefined);
  const groups = Object.keys(workerGroups).length === 0 ? {} : {workerGroups};
  const nodes = shards.map(({shardId, task, manualContainerId, group, workerGroup, ...terms}) => {
    const rest = {
      ...(task === undefined || task === '' ? {} : {task}),
      ...(group === undefined || group === '' ? {} : {group}),
      ...(workerGroup === undefined || workerGroup === '' ? {} : {workerGroup}),
      ...(manualContainerId === undefined || manualContainerId === ''
        ? {}
        : {pin: manualContainerId}),
      ...termsOf(terms),
    };
    return Object.keys(rest).length === 0 ? shardId : {id: shardId, ...rest};
  });
  return {
    ...{name, revision, maxShardCount, maxRecoveryTime},
    ...(maxMoving === 0 ? {} : {maxMoving}),
    ...(placement === undefined ? {} : {placement}),
    paused,
    ...groups,
    ...(nodes.length === 0 ? {} : {shards: nodes}),
  };
}

/** What is not as by default. */
function termsOf({
  load = {},
  spreadKey = '',
  priority = 0,
}: Pick<PrintedApp['shards'][number], 'load' | 'spreadKey' | 'priority'>): object {
  const loads = Object.entries(load).sort(([a], [b]) => compareText(a, b));
  return {
    ...(loads.length === 0 ? {} : {load: Object.fromEntries(loads)}),
    ...(spreadKey === '' ? {} : {spreadKey}),
    ...(priority === 0 ? {} : {priority}),
  };
}
