import {fixLines} from './app-lines.ts';
import {loadText, ratiosText} from '../model/load-text.ts';
import {permissionText} from '../model/stop-permission.ts';
import {containerTrouble} from '../model/trouble.ts';
import {drainProgress} from '../model/drain-progress.ts';
import type {ContainerView} from '../protocol/admin.ts';
import type {Column} from './output.ts';

/** Trouble first, then by id. */
export function byTrouble(a: ContainerView, b: ContainerView): number {
  return containerTrouble(b.state) - containerTrouble(a.state) || (a.id < b.id ? -1 : 1);
}

/** LOAD stands there where the app is balanced by loads. */
export function containerColumns(
  containers: readonly ContainerView[],
): readonly Column<ContainerView>[] {
  if (containers.some(({load}) => load !== undefined)) return COLUMNS;
  return COLUMNS.filter(({header}) => header !== 'LOAD');
}

const COLUMNS: readonly Column<ContainerView>[] = [
  {header: 'CONTAINER', value: ({id}) => id},
  {header: 'STATE', value: ({state}) => state.toUpperCase()},
  {header: 'SHARDS', value: ({shards}) => `${shards.ready}/${shards.total}`},
  {
    header: 'LOAD',
    value: ({load = {}, loadRatio = {}}) => ratiosText(load, loadRatio) || '-',
  },
  {header: 'ENDPOINT', value: ({endpoint}) => endpoint || '-'},
  {header: 'WEIGHT', value: ({weight}) => weight, wide: true},
  {header: 'CAPACITY', value: ({capacity}) => capacity || '-', wide: true},
  {header: 'ZONE', value: ({zone}) => zone || '-', wide: true},
  {header: 'VERSION', value: ({version}) => version || '-', wide: true},
  {header: 'PID', value: ({pid}) => pid, wide: true},
  {header: 'INCARNATION', value: ({incarnation}) => incarnation || '-', wide: true},
  {
    header: 'NOTE',
    value: (container) =>
      [
        ...[container.problem, container.note, drainProgress(container)],
        ...[container.order?.reason ?? '', stopText(container)],
      ]
        .filter((text) => text !== '')
        .join('; '),
  },
];

/** What it takes of its machine, as far as it is known. */
function ownText({own = {}}: ContainerView): string {
  const {cpu, memoryBytes, eventLoopDelayMs} = own;
  return [
    cpu === undefined ? '' : `; CPU ${(100 * cpu).toFixed(0)} % of its machine`,
    memoryBytes === undefined ? '' : `; memory ${loadText(memoryBytes)} bytes`,
    eventLoopDelayMs === undefined
      ? ''
      : `; event loop at most ${eventLoopDelayMs.toFixed(0)} ms late`,
  ].join('');
}

/** What `get` shows people. */
export function containerLines(container: ContainerView): string[] {
  const {id, state, shards, endpoint, order} = container;
  return [
    `container ${id}: ${state.toUpperCase()}${container.since === '' ? '' : ` since ${container.since}`}`,
    `shards: ${shards.ready} of ${shards.total} ready, ${shards.dropping} on their way out`,
    `endpoint ${endpoint || '-'}, pid ${container.pid}, zone ${container.zone || '-'}, T ${container.ttlMs} ms`,
    `weight ${container.weight}, capacity ${container.capacity || 'none'}${overrideText(container)}`,
    ...registeredLines(container),
    `incarnation: ${container.incarnation || '-'}`,
    ...(container.load === undefined
      ? []
      : [`load: ${ratiosText(container.load, container.loadRatio ?? {})}${ownText(container)}`]),
    ...(order === null
      ? []
      : [
          `${order.order} by ${order.by} at ${order.at}${order.maxMoving > 0 ? `, at most ${order.maxMoving} at once` : ''}${order.reason === '' ? '' : `: ${order.reason}`}`,
        ]),
    ...(stopText(container) === '' ? [] : [stopText(container)]),
    ...(drainProgress(container) === '' ? [] : [`drain: ${drainProgress(container)}`]),
    ...fixLines(container.stranded?.fix ?? ''),
    ...(container.note === '' ? [] : [`note: ${container.note}`]),
    ...(container.problem === '' ? [] : [`problem: ${container.problem}`]),
  ];
}

/** What it has registered with, for people to tell it by. */
function registeredLines({version, labels}: ContainerView): string[] {
  const named = Object.entries(labels).map(([name, text]) => `${name}=${text}`);
  const parts = [
    ...(version === '' ? [] : [`version ${version}`]),
    ...(named.length === 0 ? [] : [`labels ${named.join(' ')}`]),
  ];
  return parts.length === 0 ? [] : [parts.join(', ')];
}

/** '' where nobody may stop it; a daemon of before says nothing of it. */
function stopText({stop}: Partial<ContainerView>): string {
  return stop === null || stop === undefined ? '' : permissionText(stop);
}

/** What operators say instead of what the container registered with. */
function overrideText({override}: ContainerView): string {
  if (override === null) return '';
  const {reason, by, at} = override;
  const fields = (['weight', 'capacity', 'zone'] as const).filter(
    (name) => override[name] !== null,
  );
  return `; ${fields.join(', ')} set by ${by} at ${at}${reason === '' ? '' : `: ${reason}`}`;
}
