/** Limits stand in one file a room, with their unit and their reason, and docs/limits.md says the same. */
import {readFileSync, readdirSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {describe, expect, it} from 'vitest';
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
