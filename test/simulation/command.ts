/** The command line of `npm run sim`. */
import {parseArgs} from 'node:util';
import type {Depth} from './directed.ts';

export interface Command {
  /** Numbers of the runs: seeds, or directed runs. */
  readonly from: number;
  readonly count: number;
  readonly depth: Depth | undefined;
  readonly files: readonly string[];
  readonly faults: readonly string[] | undefined;
  readonly removes: boolean;
  readonly trace: boolean;
  readonly keepGoing: boolean;
  readonly coverage: boolean;
  /** Each seed gets, besides its own faults, the two that have met least. */
  readonly steer: boolean;
  readonly longestMs: number;
  /** This process plays every `parts`-th run, from number `part` on. */
  readonly part: number;
  readonly parts: number;
  /** So many failing runs are made small and written to `out`. */
  readonly keep: number;
  readonly shrinkMs: number;
  readonly out: string;
  readonly json: string | undefined;
}

export const USAGE = `npm run sim -- [options]
  --seeds N --seed S      N seeds from S on (default 1 from 1)
  --minutes M [--fresh]   as many as M minutes allow; fresh: seeds that nobody has run
  --directed singles|pairs|triples [--from K --count N]
                          faults at named places in the life of a small world
  --scenario FILE         replay a scenario file; may be given several times
  --removal               the app is removed amid the faults
  --faults a,b            these kinds of faults only
  --jobs N                so many processes (default 1)
  --keep-going            do not stop at the first run that fails
  --keep N                make so many failing runs small and write them down (default 1)
  --out DIR               where they are written (default .tmp/scenarios)
  --coverage              which transitions and pairs of faults came up
  --steer                 each seed gets the two faults that have met least besides its own
  --json FILE             totals for adding up
  --trace                 everything that happens`;

const OPTIONS = {
  seeds: {type: 'string'},
  seed: {type: 'string', default: '1'},
  minutes: {type: 'string'},
  fresh: {type: 'boolean', default: false},
  directed: {type: 'string'},
  from: {type: 'string', default: '0'},
  count: {type: 'string'},
  scenario: {type: 'string', multiple: true},
  removal: {type: 'boolean', default: false},
  faults: {type: 'string'},
  jobs: {type: 'string', default: '1'},
  part: {type: 'string', default: '0'},
  'keep-going': {type: 'boolean', default: false},
  keep: {type: 'string', default: '1'},
  'shrink-seconds': {type: 'string', default: '120'},
  out: {type: 'string', default: '.tmp/scenarios'},
  coverage: {type: 'boolean', default: false},
  steer: {type: 'boolean', default: false},
  json: {type: 'string'},
  trace: {type: 'boolean', default: false},
  help: {type: 'boolean', default: false},
} as const;

const DEPTHS: readonly string[] = ['singles', 'pairs', 'triples'] satisfies Depth[];

const THEN = '--then';

/** One command line of several commands. */
export const inTurn = (commands: readonly (readonly string[])[]): string[] =>
  commands.flatMap((args, at) => (at === 0 ? args : [THEN, ...args]));

export function commandsOf(args: readonly string[]): string[][] {
  const at = args.indexOf(THEN);
  return at === -1 ? [[...args]] : [args.slice(0, at), ...commandsOf(args.slice(at + 1))];
}

export function readCommand(args: readonly string[]): Command {
  const {values} = parseArgs({args: [...args], options: OPTIONS});
  const {directed, minutes} = values;
  if (directed !== undefined && !DEPTHS.includes(directed))
    throw new Error(`--directed is one of ${DEPTHS.join(', ')}`);
  const endless = minutes !== undefined || directed === 'singles';
  const fallback = endless ? Number.POSITIVE_INFINITY : 1;
  return {
    from: whole('from', directed === undefined ? values.seed : values.from),
    count: counted(directed === undefined ? values.seeds : values.count) ?? fallback,
    depth: directed as Depth | undefined,
    files: values.scenario ?? [],
    faults: values.faults?.split(','),
    removes: values.removal,
    trace: values.trace,
    keepGoing: values['keep-going'],
    coverage: values.coverage || values.steer,
    steer: values.steer,
    longestMs: minutes === undefined ? Number.POSITIVE_INFINITY : 60_000 * Number(minutes),
    part: whole('part', values.part),
    parts: whole('jobs', values.jobs),
    keep: whole('keep', values.keep),
    shrinkMs: 1_000 * whole('shrink-seconds', values['shrink-seconds']),
    out: values.out,
    json: values.json,
  };
}

/** Of these 2^32 seeds nobody runs the same twice by accident. */
export const isFresh = (args: readonly string[]): boolean => args.includes('--fresh');

function counted(text: string | undefined): number | undefined {
  return text === undefined ? undefined : whole('count', text);
}

function whole(name: string, text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 0)
    throw new Error(`--${name} is a whole number, not ${text}`);
  return number;
}
