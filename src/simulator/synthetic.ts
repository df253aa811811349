/**
 * Traces of services as there are many, made up: the same kind and seed give the same trace. What they are is said in docs/placement.md, "Gallery".
 * Pure.
 */
import {Chance} from './chance.ts';
import {SYNTHETIC_KINDS} from './synthetic-kinds.ts';
import type {SyntheticName} from './synthetic-kinds.ts';
import {TraceBuilder} from './trace-builder.ts';
import type {Loads, Trace, TraceContainer, TraceShard} from './trace.ts';
import {TTL_DEFAULT_MS} from '../model/limits.ts';

export interface SyntheticOptions {
  /** Whom the trace is made for; default: the name of the kind. */
  readonly app?: string | undefined;
  readonly seed?: number;
  /** Shards that there are already; none: as many as the kind brings. */
  readonly shards?: readonly string[];
  /** Default: as many as the kind has. */
  readonly containers?: number | undefined;
}

/** What a kind writes its events with. */
interface Scene {
  readonly trace: TraceBuilder;
  readonly chance: Chance;
  readonly containers: readonly string[];
  readonly shards: readonly string[];
  /** The shards come from the trace, not from a file. */
  readonly bringsShards: boolean;
  readonly endMs: number;
}

const seconds = (count: number): number => 1_000 * count;
const minutes = (count: number): number => seconds(60 * count);

function start(
  {trace, containers, shards, bringsShards}: Scene,
  registered: (at: number) => TraceContainer = () => ({version: 'v1'}),
  terms: (at: number) => Omit<TraceShard, 'id'> = () => ({}),
): void {
  if (bringsShards)
    trace.add(
      0,
      shards.map((id, at) => ({id, ...terms(at)})),
    );
  for (const [at, container] of containers.entries()) trace.join(0, container, registered(at));
}

/** Loads of all shards, said anew in each interval. */
function report(
  {trace, shards, endMs}: Scene,
  everyMs: number,
  loadsOf: (at: number, atMs: number) => Loads,
): void {
  for (let atMs = 0; atMs < endMs; atMs += everyMs)
    trace.load(
      atMs,
      shards.map((shard, at) => [shard, loadsOf(at, atMs)]),
    );
}

/** Popularity by Zipf, the most popular ones capped at half of what a container takes on average. */
function popularity({shards, containers, chance}: Scene, exponent: number): number[] {
  const ranks = shuffled(
    shards.map((_, at) => at + 1),
    chance,
  );
  const raw = ranks.map((rank) => rank ** -exponent);
  const sum = raw.reduce((total, one) => total + one, 0);
  const cap = sum / containers.length / 2;
  return raw.map((one) => (Math.min(one, cap) * shards.length) / sum);
}

function shuffled<T>(items: readonly T[], chance: Chance): T[] {
  const all = [...items];
  for (let at = all.length - 1; at > 0; at -= 1) {
    const other = chance.below(at + 1);
    [all[at], all[other]] = [all[other] as T, all[at] as T];
  }
  return all;
}

function cache(scene: Scene): void {
  const {trace, chance, containers} = scene;
  start(scene);
  const base = popularity(scene, 0.9);
  const phase = base.map(() => chance.next());
  report(scene, seconds(20), (at, atMs) => {
    const tide = Math.sin(2 * Math.PI * (atMs / minutes(40) + (phase[at] ?? 0)));
    const noise = 1 + 0.1 * chance.normal();
    return {qps: Math.max(0, 100 * (base[at] ?? 0) * (1 + 0.4 * tide) * noise)};
  });
  const [first = ''] = containers;
  for (const more of ['more-1', 'more-2']) trace.join(minutes(10), more, {version: 'v1'});
  trace.say(minutes(20), 'loss', first);
  trace.join(minutes(21), first, {version: 'v1'});
  for (const more of ['more-1', 'more-2']) trace.say(minutes(30), 'leave', more);
}

function websocket(scene: Scene): void {
  const {trace, chance, containers} = scene;
  start(scene);
  const sessions = scene.shards.map(() => 200 * Math.exp(0.5 * chance.normal()));
  report(scene, seconds(30), (at, atMs) => {
    const grown = 1 + (0.3 * atMs) / scene.endMs;
    return {connections: Math.round((sessions[at] ?? 0) * grown * chance.between(0.95, 1.05))};
  });
  for (const [at, old] of containers.entries()) {
    const atMs = minutes(8 + at);
    trace.join(atMs, `${old}-v2`, {version: 'v2'});
    trace.say(atMs + seconds(30), 'leave', old);
  }
}

function partitions(scene: Scene): void {
  const {trace, chance, containers} = scene;
  const isLarge = (at: number): boolean => at % 2 === 0;
  const registered = (at: number): TraceContainer => ({weight: isLarge(at) ? 2 : 1, version: 'v1'});
  start(scene, registered, () => ({load: {mbps: Math.round(chance.between(1, 20))}}));
  for (const [at, container] of containers.entries()) {
    const atMs = minutes(5) + seconds(45 * at);
    trace.say(atMs, 'leave', container);
    trace.join(atMs + seconds(20), container, {...registered(at), version: 'v2'});
  }
  trace.join(minutes(18), 'more-1', {weight: 2, version: 'v2'});
}

function tenants(scene: Scene): void {
  const {trace, chance, containers} = scene;
  const zoneOf = (at: number): string => `zone-${'abc'[at % 3] ?? 'a'}`;
  start(scene, (at) => ({zone: zoneOf(at), version: 'v1'}));
  const base = popularity(scene, 0.8);
  const stored = scene.shards.map(() => 50 * Math.exp(0.8 * chance.normal()));
  const noisy = chance.below(scene.shards.length);
  report(scene, seconds(30), (at, atMs) => {
    const isNoisy = at === noisy && atMs >= minutes(26) && atMs < minutes(33);
    const qps = (base[at] ?? 0) * chance.between(0.9, 1.1) * (isNoisy ? 6 : 1);
    return {qps: 20 * qps, gigabytes: (stored[at] ?? 0) * (1 + (0.1 * atMs) / scene.endMs)};
  });
  for (const [at, container] of containers.entries()) {
    if (at % 3 !== 0) continue;
    trace.say(minutes(10), 'loss', container);
    trace.join(minutes(16), container, {zone: zoneOf(at), version: 'v1'});
  }
}

function jobs(scene: Scene): void {
  const {chance, shards} = scene;
  start(scene);
  const base = shards.map(() => chance.between(0.5, 1.5));
  const burstUntilMs = shards.map(() => 0);
  report(scene, seconds(10), (at, atMs) => {
    // Each begins one in about 25 minutes.
    if (chance.next() < 1 / 150) burstUntilMs[at] = atMs + seconds(chance.between(30, 180));
    const isBurst = atMs < (burstUntilMs[at] ?? 0);
    return {jobs: (base[at] ?? 0) * (isBurst ? 12 : 1) * chance.between(0.8, 1.2)};
  });
}

/** Every five minutes one container dies, restarts in order, or is drained for a while; loads wander all the time. */
function chaos(scene: Scene): void {
  const {trace, chance, containers, endMs} = scene;
  start(scene);
  const loads = scene.shards.map(() => 10 * Math.exp(0.6 * chance.normal()));
  report(scene, seconds(20), (at) => {
    const now = Math.max(1, (loads[at] ?? 0) * Math.exp(0.02 * chance.normal()));
    loads[at] = now;
    return {qps: now * chance.between(0.95, 1.05)};
  });
  for (let atMs = minutes(5); atMs < endMs - minutes(2); atMs += minutes(5)) {
    const container = containers[chance.below(containers.length)] ?? '';
    const what = (['loss', 'leave', 'drain'] as const)[chance.below(3)] ?? 'loss';
    const backMs = atMs + seconds(Math.round(chance.between(30, 90)));
    trace.say(atMs, what, container);
    if (what === 'drain') trace.say(backMs, 'uncordon', container);
    else trace.join(backMs, container, {version: 'v1'});
  }
}

const PLAYS: Readonly<Record<SyntheticName, (scene: Scene) => void>> = {
  ...{cache, websocket, partitions, tenants, jobs, chaos},
};

/** The trace of a kind. */
export function syntheticTrace(name: SyntheticName, options: SyntheticOptions = {}): Trace {
  const kind = SYNTHETIC_KINDS[name];
  const {seed = 1, shards = [], containers = kind.containers} = options;
  const trace = new TraceBuilder();
  const endMs = minutes(kind.minutes);
  const bringsShards = shards.length === 0;
  PLAYS[name]({
    ...{trace, endMs, bringsShards, chance: new Chance(seed)},
    containers: Array.from({length: containers}, (_, at) => `${name}-${at + 1}`),
    shards: bringsShards ? Array.from({length: kind.shards}, (_, at) => `s${at + 1}`) : shards,
  });
  return trace.build(options.app ?? name, TTL_DEFAULT_MS, `synthetic ${name}, seed ${seed}`, endMs);
}
