/** The work of `sm sim`: reads what it is given, plays it, and says what came out. Asks no daemon. */
import {basename} from 'node:path';
import type {FileApp, FileShard} from '../config/apps-file.ts';
import {SmError} from '../model/errors.ts';
import {placementOf} from '../model/placement-policy.ts';
import type {AppSpec} from '../model/specs.ts';
import {pause} from '../runtime/pause.ts';
import {pathStats} from '../runtime/stats.ts';
import {SLICE_MS, TRACE_LIMIT_BYTES} from '../simulator/limits.ts';
import type {Run} from '../simulator/scale.ts';
import {Simulation} from '../simulator/simulation.ts';
import type {SimulatedApp, SimulationOptions} from '../simulator/simulation.ts';
import {syntheticTrace} from '../simulator/synthetic.ts';
import type {SyntheticName} from '../simulator/synthetic-kinds.ts';
import {readTrace} from '../simulator/trace-reader.ts';
import {metricsOf} from '../simulator/trace.ts';
import type {Trace} from '../simulator/trace.ts';
import {readApps} from './apps-source.ts';
import {readNamedInput} from './text-input.ts';
import {MAX_RECOVERY_TIME_DEFAULT_S} from '../model/limits.ts';

/** Stands for an app of which nothing is said. */
export const DEFAULTS = 'defaults';

export interface SimulationRequest {
  /** Files with the policy; none: by default. */
  readonly files: readonly string[];
  /** A file with another policy, or `defaults`. */
  readonly compare: string | undefined;
  readonly app: string | undefined;
  readonly trace:
    | {readonly file: string}
    | {
        readonly kind: SyntheticName;
        readonly seed: number;
        readonly containers: number | undefined;
      };
  readonly times: Pick<SimulationOptions, 'addMs' | 'dropMs' | 'fromMs'>;
  readonly onProgress: (doneMs: number, totalMs: number) => void;
}

export interface Simulated {
  /** Whose policy it is; the trace may be of another app. */
  readonly app: string;
  readonly trace: Trace;
  readonly runs: readonly Run[];
  /** What the trace has no load of although a policy names it. */
  readonly unseen: readonly string[];
}

/** @throws SmError INVALID_INPUT, INVALID_CONFIG. */
export async function simulate(request: SimulationRequest): Promise<Simulated> {
  const {files, compare, trace: wanted} = request;
  const stdins = [...files, compare, 'file' in wanted ? wanted.file : ''].filter(
    (one) => one === '-',
  );
  if (stdins.length > 1)
    throw unusable('only one input can be stdin', 'name a file for the others');
  const app = await appOf(files, request);
  const other = compare === undefined ? undefined : await otherOf(compare, app, request);
  const trace = await traceOf(request, app);
  refuseOtherApp(request, app, trace);
  refuseEmpty(trace, app);
  const names = [files.length === 0 ? DEFAULTS : files.map((file) => basename(file)).join(' ')];
  const apps = [app];
  if (compare !== undefined) {
    apps.push(other);
    names.push(basename(compare));
  }
  const known = metricsOf(trace).concat(app?.shards.flatMap(({load}) => Object.keys(load)) ?? []);
  const named = [...new Set(apps.flatMap((one) => policyMetrics(one)))];
  const metrics = named.length > 0 ? named : [...new Set(known)];
  const runs: Run[] = [];
  for (const [at, one] of apps.entries()) {
    const simulation = new Simulation(simulatedApp(one), trace, {...request.times, metrics});
    await play(simulation, (doneMs) => {
      request.onProgress(at * trace.durationMs + doneMs, apps.length * trace.durationMs);
    });
    runs.push({name: names[at] ?? '', result: simulation.result()});
  }
  const title = app?.name ?? request.app ?? trace.app;
  return {app: title, trace, runs, unseen: named.filter((metric) => !known.includes(metric))};
}

async function play(simulation: Simulation, onProgress: (doneMs: number) => void): Promise<void> {
  for (let atMs = 0; atMs < simulation.durationMs; atMs += SLICE_MS) {
    onProgress(atMs);
    simulation.advanceTo(atMs + SLICE_MS);
    await pause(0);
  }
}

/** The one app that is meant; undefined: an app with every default. */
async function appOf(
  files: readonly string[],
  {app}: SimulationRequest,
): Promise<FileApp | undefined> {
  if (files.length === 0 || (files.length === 1 && files[0] === DEFAULTS)) return undefined;
  const apps = await readApps(files);
  const [only] = apps;
  if (app === undefined && apps.length === 1) return only;
  const found = apps.find(({name}) => name === app);
  if (found !== undefined) return found;
  const names = apps.map(({name}) => name).join(', ');
  if (app === undefined)
    throw unusable(`${files.join(', ')} names several apps: ${names}`, 'choose one with -a');
  throw unusable(`${files.join(', ')} does not name app ${app}, but ${names}`, 'check -a and -f');
}

/** The same shards under another policy: those that only one of them declares would make two apps of them. */
async function otherOf(
  compare: string,
  app: FileApp | undefined,
  request: SimulationRequest,
): Promise<FileApp | undefined> {
  const {shards = [], workerGroups = {}} = app ?? {};
  const other = await appOf([compare], request);
  if (other !== undefined) return {...other, shards};
  const limits = {maxShardCount: 0, maxRecoveryTime: MAX_RECOVERY_TIME_DEFAULT_S, maxMoving: 0};
  return {name: '', ...limits, placement: undefined, paused: false, shards, workerGroups};
}

async function traceOf(
  {trace, app: wanted}: SimulationRequest,
  app: FileApp | undefined,
): Promise<Trace> {
  const shards = (app?.shards ?? []).map(({shardId}) => shardId);
  if ('kind' in trace)
    return syntheticTrace(trace.kind, {...trace, shards, app: app?.name ?? wanted});
  const {file} = trace;
  if (file !== '-' && sizeOf(file) > TRACE_LIMIT_BYTES)
    throw unusable(
      `${file} is larger than ${TRACE_LIMIT_BYTES} bytes`,
      'record for a shorter time',
    );
  return readTrace(file === '-' ? 'stdin' : file, await readNamedInput(file), shards);
}

/** 0 for what is not there: whoever reads it says so. */
function sizeOf(file: string): number {
  return pathStats(file)?.size ?? 0;
}

/** Without a file that declares it, an app is known by its trace alone. */
function refuseOtherApp(
  {app: wanted, trace: asked}: SimulationRequest,
  app: FileApp | undefined,
  trace: Trace,
): void {
  if (app !== undefined || wanted === undefined || 'kind' in asked || wanted === trace.app) return;
  throw unusable(
    `${asked.file} is a trace of app ${trace.app}, not of ${wanted}`,
    `leave -a out, or declare ${wanted} with -f to play the trace against its policy`,
  );
}

function refuseEmpty({events}: Trace, app: FileApp | undefined): void {
  if (!events.some(({event}) => event === 'join'))
    throw unusable('no container joins in the trace', 'record an app that has containers');
  if (!events.some(({event}) => event === 'add') && (app?.shards.length ?? 0) === 0)
    throw unusable('neither the file nor the trace names a shard', 'declare shards with -f');
}

function policyMetrics(app: FileApp | undefined): string[] {
  const placement = app?.placement;
  return placementOf(placement === undefined ? {} : {placement}).metrics.map(({name}) => name);
}

function simulatedApp(app: FileApp | undefined): SimulatedApp {
  if (app === undefined) return {spec: {}, shards: [], workerGroups: {}};
  const {maxShardCount, maxRecoveryTime, maxMoving, placement, paused, workerGroups} = app;
  const spec: Partial<AppSpec> = {
    ...{maxShardCount, maxRecoveryTime, maxMoving, paused},
    ...(placement === undefined ? {} : {placement}),
  };
  return {spec, shards: app.shards.map(shardOf), workerGroups};
}

function shardOf({shardId, load, ...terms}: FileShard): SimulatedApp['shards'][number] {
  return {id: shardId, ...terms, ...(Object.keys(load).length === 0 ? {} : {load: {...load}})};
}

function unusable(message: string, hint: string): SmError {
  return new SmError('INVALID_INPUT', message, {hint});
}
