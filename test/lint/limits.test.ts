/** Limits stand in one file a room, with their unit and their reason, and docs/limits.md says the same. */
import {readFileSync, readdirSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {bareNumbers} from './bare-numbers.ts';
import {limitsDocument, roomsWithLimits, unitOf} from '../../scripts/limits-document.ts';

const SRC = join(import.meta.dirname, '..', '..', 'src');
/** A constant that is a plain number, or a product of some; 0, 1 and -1 are indexes, versions of formats and marks of nothing. */
const NUMBER = /^(?:export )?const ([A-Z][A-Z0-9_]*) = (?!-?[01];)[-\d_ .*/+()xe]+;/gm;

/** Numbers of a format, protocol, unit or code, which are not limits: to change one is to read and write something else. */
const FORMATS = new Map([
  ['container/metrics.ts', ['NANOSECONDS']],
  ['container/process-figures.ts', ['NANOSECONDS_PER_MS', 'MICROSECONDS_PER_MS']],
  ['embedded/answers.ts', ['CANCEL']],
  ['embedded/frames.ts', ['HEADER_BYTES', 'SECTOR_BYTES']],
  ['embedded/header.ts', ['RAFT_TERM']],
  ['embedded/log-entries.ts', ['ENTRY_HEADER_BYTES']],
  ['embedded/operations.ts', ['DESCENDING']],
  ['embedded/request-bytes.ts', ['LENGTH', 'GROUP', 'GROUP_END', 'FIXED_32']],
  ['embedded/snapshot.ts', ['EVENTS', 'END']],
  ['embedded/state-machine.ts', ['DEACTIVATE']],
  ['embedded/transaction.ts', ['VALUE']],
  ['embedded/version-codec.ts', ['FIXED_BYTES']],
  ['planner/row-plan.ts', ['UNPLANNED', 'PER_SHORTAGE', 'PER_MOVE']],
  ['planner/table.ts', ['DRAINING', 'TAKES_REST', 'TRIAL_DUE', 'NOT_LIVING']],
  ['protocol/push.ts', ['PERCENT']],
]);

/** Files whose numbers without a name are of a format, a scale or a fixed example, and why. */
const NO_LIMITS = new Map([
  ['admin/transport.ts', 'the port of https'],
  ['audit/container-law.ts', 'the order of states'],
  ['cli/apps-apply.ts', 'exit codes'],
  ['cli/base-command.ts', 'units of time'],
  ['cli/surroundings.ts', 'exit codes'],
  ['container/metrics.ts', 'buckets of histograms'],
  ['dev/canary-metrics.ts', 'buckets of histograms'],
  ['embedded/request-bytes.ts', 'the wire format'],
  ['etcd/call-metrics.ts', 'buckets of histograms'],
  ['model/errors.ts', 'exit codes and statuses'],
  ['model/placement-policy.ts', 'rounding to thousandths'],
  ['planner/kept-shapes.ts', 'examples that are planned to warm up'],
  ['planner/matrix/costs.ts', 'ratios of the costs, which the comment derives'],
  ['runtime/logger.ts', 'the order of levels'],
  ['server/admin/read/checks.ts', 'releases of etcd'],
  ['server/governing/audit-trim.ts', 'the date in a time'],
  ['server/metrics/buckets.ts', 'buckets of histograms'],
  ['simulator/chance.ts', 'the sum of twelve is nearly normal'],
  ['simulator/picture.ts', 'a picture'],
  ['simulator/scale.ts', 'a scale'],
  ['simulator/simulated-fleet.ts', 'a first revision'],
  ['simulator/synthetic.ts', 'scenes'],
  ['simulator/synthetic-kinds.ts', 'scenes'],
  ['views/columns.ts', 'the order in which columns leave'],
  ['views/text.ts', 'units of time'],
]);

const rooms = await roomsWithLimits();

describe('limits', () => {
  it.each(rooms)('of $room have a number and a reason; what has no unit is a count', ({limits}) => {
    expect(limits.length).toBeGreaterThan(0);
    for (const {name, value, reason} of limits) {
      expect(Number.isFinite(value), name).toBe(true);
      if (unitOf(name) === '') expect(Number.isInteger(value), name).toBe(true);
      expect(reason.length, `the reason of ${name}`).toBeGreaterThan(10);
    }
  });

  it.each(rooms)('of $room stand in its one file', ({room}) => {
    const files = readdirSync(join(SRC, room), {recursive: true, encoding: 'utf8'})
      .filter((file) => /\.tsx?$/.test(file) && file !== 'limits.ts')
      .filter((file) => nearestRoom(join(room, file)) === room);
    const elsewhere = files.flatMap((file) =>
      numbersIn(join(room, file))
        .filter((name) => FORMATS.get(join(room, file))?.includes(name) !== true)
        .map((name) => `${file}: ${name}`),
    );
    expect(elsewhere).toEqual([]);
  });

  it.each([...FORMATS])('numbers of the format of %s are in it', (file, names) => {
    expect(numbersIn(file)).toEqual(expect.arrayContaining(names));
  });

  it('of commands stand with those of the command line', () => {
    const own = readdirSync(join(SRC, 'commands'), {recursive: true, encoding: 'utf8'})
      .filter((file) => /\.tsx?$/.test(file))
      .flatMap((file) => numbersIn(join('commands', file)).map((name) => `${file}: ${name}`));
    expect(own).toEqual([]);
  });

  it('have a name wherever a number bounds, defaults or compares', () => {
    const found = readdirSync(SRC, {recursive: true, encoding: 'utf8'})
      .filter((file) => /\.tsx?$/.test(file) && !file.endsWith('limits.ts'))
      .flatMap((file) =>
        bareNumbers(readFileSync(join(SRC, file), 'utf8')).map((at) => `${file}:${at}`),
      );
    expect(found.filter((at) => !NO_LIMITS.has(at.slice(0, at.indexOf(':'))))).toEqual([]);
    const excused = [...NO_LIMITS.keys()].filter(
      (file) => !found.some((at) => at.startsWith(file)),
    );
    expect(excused).toEqual([]);
  });

  it.each([
    ['constructor(limitMs = 5_000) {}', true],
    ['const waitMs = options.waitMs ?? 300;', true],
    ['const GRPC = {keepalive: 7_000};', true],
    ['const RANGE_MS = [500, 2_000] as const;', true],
    ['if (text.length > 40) cut();', true],
    ['const partMs = ttlMs / 5;', true],
    ['server.requestTimeout = 30_000;', true],
    ['const seconds = ms / 1_000;', false],
    ['const end = MARGIN_MS * 2;', false],
    ['if (status >= 400) refuse();', false],
  ])('%s: has a number without a name: %s', (source, expected) => {
    expect(bareNumbers(source).length > 0).toBe(expected);
  });

  it('stand in docs/limits.md as they are now', () => {
    expect(readFileSync('docs/limits.md', 'utf8')).toBe(limitsDocument(rooms));
  });
});

/** Names of the constants that are numbers, of a file below src. */
function numbersIn(file: string): string[] {
  return [...readFileSync(join(SRC, file), 'utf8').matchAll(NUMBER)].map(([, name = '']) => name);
}

/** The innermost room with limits that a file lies in. */
function nearestRoom(file: string): string | undefined {
  const names = new Set(rooms.map(({room}) => room));
  let folder = dirname(file);
  while (folder !== '.' && !names.has(folder)) folder = dirname(folder);
  return names.has(folder) ? folder : undefined;
}
