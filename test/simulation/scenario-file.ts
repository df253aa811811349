/**
 * A run as a file: the shape of the world, what operators did, and every choice that was not calm. It is replayed without any
 * stream of chance, so it stays the same run when the seeds' histories change.
 */
import {parse, stringify} from 'yaml';
import type {OperatorAct} from './acts.ts';
import {act} from './acts.ts';
import type {Promised} from './checker.ts';
import {RecordedChoices, ReplayedChoices, ReplayedRandom} from './choices.ts';
import type {Chosen, Strike} from './choices.ts';
import type {Coverage} from './coverage.ts';
import {DirectedFaults} from './directed-faults.ts';
import type {Boundary, DirectedFault} from './directed-faults.ts';
import {prepare, preparing, strikeAgain} from './faults.ts';
import type {FaultName} from './faults.ts';
import {Fleet} from './fleet.ts';
import {runCourse, runScenario} from './scenario.ts';
import type {Course, Outcome, ScenarioOptions} from './scenario.ts';
import {Weather} from './weather.ts';
import {World, ownTurn, patchGlobals} from './world.ts';

export interface ScenarioFile extends Omit<Course, 'removeAtMs' | 'real'> {
  /** What it shows. */
  readonly about: string;
  /** The promise that today's code breaks in it: known, and not repaired yet. */
  readonly open?: Promised;
  readonly removeAtMs?: number;
  /** On production's own wiring, down to the sockets. Default false. */
  readonly real?: boolean;
  /** Faults that change the world from its beginning on. */
  readonly prepared?: readonly FaultName[];
  readonly acts?: readonly OperatorAct[];
  readonly strikes?: readonly Strike[];
  readonly values?: Readonly<Record<string, Chosen>>;
  readonly directed?: readonly DirectedFault[];
}

export interface ReplayOptions {
  readonly trace?: (line: string) => void;
  /** The name of each boundary as it comes up. */
  readonly onBoundary?: (boundary: Boundary) => void;
  readonly coverage?: Coverage;
}

export function replay(file: ScenarioFile, options: ReplayOptions = {}): Promise<Outcome> {
  patchGlobals();
  return ownTurn(() => replayNow(file, options));
}

/** Call within `ownTurn`. */
export function replayNow(file: ScenarioFile, options: ReplayOptions = {}): Outcome {
  const {shape, endsMs, removeAtMs, acts = [], strikes = [], values = {}, directed = []} = file;
  const {prepared = [], real = false} = file;
  const choices = new ReplayedChoices(new Map(Object.entries(values)));
  const world = new World(0, choices);
  world.trace = options.trace;
  const fleet = new Fleet(world, shape, new Weather(world, endsMs), world.random);
  if (directed.length > 0 || options.onBoundary !== undefined)
    new DirectedFaults(fleet, directed, endsMs).onBoundary = options.onBoundary;
  fleet.real = real;
  options.coverage?.watch(fleet);
  prepare(fleet, prepared, () => new ReplayedRandom([]));
  fleet.begin();
  strikeAgain(fleet, strikes, endsMs);
  for (const operator of acts) world.at(operator.atMs, () => act(fleet, operator));
  return runCourse(fleet, {shape, endsMs, removeAtMs, real}, []);
}

export function readScenario(text: string): ScenarioFile {
  // The library compares each key with each other one: a file of thousands takes longer to be read than to be played.
  return parse(text, {uniqueKeys: false}) as ScenarioFile;
}

export function writeScenario(file: ScenarioFile): string {
  return stringify(file, {lineWidth: 0, flowCollectionPadding: false});
}

/** The run of a seed as a file: it says everything that the seed's chance said. */
export async function recordSeed(
  seed: number,
  options: ScenarioOptions = {},
): Promise<{file: ScenarioFile; outcome: Outcome}> {
  const choices = new RecordedChoices();
  const outcome = await runScenario(seed, {...options, choices});
  const {shape, endsMs, removeAtMs, real} = outcome.course;
  const file = {
    about: `seed ${seed}: ${outcome.violation?.promise ?? ''} ${outcome.violation?.text ?? ''}`,
    shape,
    endsMs,
    ...(removeAtMs === undefined ? {} : {removeAtMs}),
    ...(real ? {real} : {}),
    prepared: preparing(outcome.faults),
    strikes: choices.strikes,
    values: Object.fromEntries(choices.values),
  };
  return {file, outcome};
}
