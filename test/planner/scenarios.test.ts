/**
 * Scenario files: a snapshot in a few lines and the plan expected for it. `UPDATE_SCENARIOS=1 npx vitest run
 * test/planner/scenarios.test.ts` rewrites the plans; read the diff before you believe it.
 */
import {readFileSync, readdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import type {
  PlacementContainer,
  PlacementMetric,
  PlacementShard,
  PlacementSnapshot,
  Plan,
} from '../../src/model/placement.ts';
import {plan} from '../../src/planner/index.ts';

const FOLDER = join(import.meta.dirname, 'scenarios');
const MARK = '--- plan';

for (const file of readdirSync(FOLDER).filter((name) => name.endsWith('.txt'))) {
  test(file.replace('.txt', ''), () => {
    const path = join(FOLDER, file);
    const [input = '', expected = ''] = readFileSync(path, 'utf8').split(`${MARK}\n`);
    const actual = describePlan(...planOf(input));
    if (process.env['UPDATE_SCENARIOS'] === '1') writeFileSync(path, `${input}${MARK}\n${actual}`);
    else expect(actual).toBe(expected);
  });
}

function planOf(text: string): [PlacementSnapshot, Plan] {
  const snapshot = parse(text);
  return [snapshot, plan(snapshot)];
}

/**
 * Lines: `# note`, `cap N`, `slack SHARE`, `spread zones`, `metric NAME UPPER LOWER`, `container ID [MODE] [key=value...]`,
 * `pool NAME ID...`, `shard ID [key=value...]`; `ID*N` makes N of them.
 */
function parse(text: string): PlacementSnapshot {
  const shards: PlacementShard[] = [];
  const containers: PlacementContainer[] = [];
  const pools = new Map<string, Set<string>>();
  const metrics: PlacementMetric[] = [];
  let [maxShardCount, countSlack, spreadZones] = [0, 0, false];
  for (const line of text.split('\n')) {
    const [word, first = '', ...rest] = line.trim().split(/\s+/);
    if (word === 'cap') maxShardCount = Number(first);
    else if (word === 'slack') countSlack = Number(first);
    else if (word === 'spread') spreadZones = first === 'zones';
    else if (word === 'metric')
      metrics.push({name: first, upper: Number(rest[0]), lower: Number(rest[1])});
    else if (word === 'pool') pools.set(first, new Set(rest));
    else if (word === 'container')
      for (const id of repeated(first)) containers.push(containerOf(id, rest));
    else if (word === 'shard') for (const id of repeated(first)) shards.push(shardOf(id, rest));
  }
  return {shards, containers, pools, maxShardCount, countSlack, spreadZones, metrics};
}

function containerOf(id: string, fields: readonly string[]): PlacementContainer {
  const given = new Map(fields.map((field) => field.split('=') as [string, string]));
  const modes = ['open', 'closed', 'draining'] as const;
  return {
    id,
    mode: modes.find((mode) => given.has(mode)) ?? 'open',
    weight: Number(given.get('weight') ?? 1),
    zone: given.get('zone') ?? '',
    capacity: Number(given.get('capacity') ?? 0),
    limits: numbers(given.get('limits')),
  };
}

function numbers(text: string | undefined): number[] {
  return text === undefined ? [] : text.split(',').map(Number);
}

function repeated(text: string): string[] {
  const [name = '', count] = text.split('*');
  return count === undefined
    ? [name]
    : Array.from({length: Number(count)}, (_, index) => `${name}${index + 1}`);
}

function shardOf(id: string, fields: readonly string[]): PlacementShard {
  const given = new Map(fields.map((field) => field.split('=') as [string, string]));
  const field = (name: string): string => (given.get(name) ?? '').replace('$id', id);
  return {
    id,
    group: field('group'),
    workerGroup: field('pool'),
    pin: field('pin'),
    current: field('on'),
    prefer: field('prefer'),
    avoid: field('avoid'),
    spreadKey: field('key'),
    priority: Number(field('priority')),
    cooling: given.has('cooling'),
    load: numbers(given.get('load')),
  };
}

function describePlan({shards, containers}: PlacementSnapshot, made: Plan): string {
  const name = (container: number): string => containers[container]?.id ?? '-';
  const id = (shard: number): string => shards[shard]?.id ?? '?';
  const counts = containers.map(
    (container, at) => `${container.id} ${made.target.filter((to) => to === at).length}`,
  );
  const causes = [...new Set(made.moves.map(({cause}) => cause))].map(
    (cause) => `${cause} ${made.moves.filter((move) => move.cause === cause).length}`,
  );
  const sorted = (lines: string[]): string[] => lines.sort();
  return [
    `counts: ${counts.join(', ')}`,
    `additions: ${made.additions.length}, moves: ${made.moves.length}${causes.length === 0 ? '' : ` (${causes.join(', ')})`}`,
    ...(made.moves.length <= 12
      ? made.moves.map(
          ({shard, from, to, cause}) => `move ${id(shard)} ${name(from)} -> ${name(to)} ${cause}`,
        )
      : []),
    ...sorted(
      made.unplaced
        .slice(0, 30)
        .map(
          ({shard, reason, mustDrop}) =>
            `unplaced ${id(shard)} ${reason}${mustDrop ? ' drop' : ''}`,
        ),
    ),
    ...sorted(
      made.stranded.slice(0, 30).map(({shard, reason}) => `stranded ${id(shard)} ${reason}`),
    ),
    '',
  ].join('\n');
}
