/** Apps as the text of a file: the same apps always give the same bytes. */
import {compareText} from '../model/compare-text.ts';
import {plainPolicy} from '../model/placement-policy.ts';
import type {PlacementPolicy} from '../model/placement-policy.ts';
import {saidTerms} from '../model/shard-content.ts';
import type {FileApp, FileShard} from './apps-file.ts';
import {yamlText} from './yaml-text.ts';

type Loose<T> = {readonly [K in keyof T]?: T[K] | undefined};

export interface PrintedApp
  extends
    Pick<FileApp, 'name' | 'maxShardCount' | 'maxRecoveryTime' | 'paused' | 'workerGroups'>,
    Loose<Pick<FileApp, 'maxMoving'>> {
  readonly revision: string;
  readonly placement?: object | undefined;
  readonly shards: readonly (Pick<FileShard, 'shardId'> & Loose<Omit<FileShard, 'shardId'>>)[];
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
      ...(task ? {task} : {}),
      ...(group ? {group} : {}),
      ...(workerGroup ? {workerGroup} : {}),
      ...(manualContainerId ? {pin: manualContainerId} : {}),
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

/** What is not as by default, metrics by name. */
function termsOf({
  load = {},
  ...terms
}: Pick<PrintedApp['shards'][number], 'load' | 'spreadKey' | 'priority'>): object {
  const loads = Object.entries(load).sort(([a], [b]) => compareText(a, b));
  return saidTerms({load: Object.fromEntries(loads), ...terms});
}
