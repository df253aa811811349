/** Makes a failing run as small as it can be: fewer faults, fewer choices that are not calm, a smaller world, round numbers. */
import type {Promised, Violation} from './checker.ts';
import type {Chosen} from './choices.ts';
import type {ScenarioFile} from './scenario-file.ts';

/** What a run breaks, if anything. */
export type Trial = (file: ScenarioFile) => Promise<Violation | undefined>;

export interface ShrinkLimits {
  /** Trials at most. Default 3000. */
  readonly trials?: number;
  /** Real time at most, ms. Default 120000. */
  readonly longestMs?: number;
}

export interface Shrunk {
  readonly file: ScenarioFile;
  readonly violation: Violation;
  readonly trials: number;
}

/** Choices that are about when and who, hardly ever about what goes wrong: dropped first, kind by kind. */
const JITTER: readonly RegExp[] = [
  / drawn id #/,
  / drawn number #/,
  / clock #/,
  / starts at ms #/,
  / watch lag ms #/,
  / works /,
  / noticed after ms #/,
  / takes ms #/,
  /^hint /,
  / behind #/,
];

/** The second fault takes a container and a daemon for good: with one of each nothing could be promised any more. */
const LEAST = {shards: 1, containers: 2, daemons: 2} as const;

class Shrinker {
  file: ScenarioFile;
  violation: Violation;
  trials = 0;
  private readonly promise: Promised;
  private readonly trial: Trial;
  private readonly mostTrials: number;
  private readonly endsAtMs: number;

  constructor(file: ScenarioFile, violation: Violation, trial: Trial, limits: ShrinkLimits) {
    this.file = file;
    this.violation = violation;
    this.promise = violation.promise;
    this.trial = trial;
    this.mostTrials = limits.trials ?? 3_000;
    this.endsAtMs = performance.now() + (limits.longestMs ?? 120_000);
  }

  /** Keeps the file when it breaks the same promise. */
  async takes(file: ScenarioFile): Promise<boolean> {
    if (this.trials >= this.mostTrials || performance.now() > this.endsAtMs) return false;
    this.trials += 1;
    const violation = await this.trial(file);
    if (violation?.promise !== this.promise) return false;
    this.file = file;
    this.violation = violation;
    return true;
  }

  /** Delta debugging: leaves out halves, then quarters, and so on, of what the list holds. */
  async fewest<T>(
    list: (file: ScenarioFile) => readonly T[],
    with_: (file: ScenarioFile, kept: readonly T[]) => ScenarioFile,
  ): Promise<void> {
    if (list(this.file).length === 0 || (await this.takes(with_(this.file, [])))) return;
    for (let size = Math.ceil(list(this.file).length / 2); size >= 1;) {
      let shorter = false;
      for (let at = 0; at < list(this.file).length;) {
        const all = list(this.file);
        const kept = [...all.slice(0, at), ...all.slice(at + size)];
        if (await this.takes(with_(this.file, kept))) shorter = true;
        else at += size;
      }
      if (size === 1 && !shorter) return;
      size = size === 1 ? 1 : Math.ceil(size / 2);
    }
  }

  async choices(): Promise<void> {
    for (const kind of JITTER)
      await this.takes(withValues(this.file, ([name]) => !kind.test(name)));
    await this.takes(withValues(this.file, ([, value]) => !isTravel(value)));
    await this.fewest(
      ({values = {}}) => Object.entries(values),
      (file, kept) => ({...file, values: Object.fromEntries(kept)}),
    );
    const usual = Object.entries(this.file.values ?? {}).map(([name, value]) => [
      name,
      withoutTravel(value),
    ]);
    await this.takes({...this.file, values: Object.fromEntries(usual)});
  }

  async faults(): Promise<void> {
    await this.fewest(
      ({strikes = []}) => strikes,
      (file, strikes) => ({...file, strikes}),
    );
    await this.fewest(
      ({prepared = []}) => prepared,
      (file, prepared) => ({...file, prepared}),
    );
    await this.fewest(
      ({directed = []}) => directed,
      (file, directed) => ({...file, directed}),
    );
    await this.fewest(
      ({acts = []}) => acts,
      (file, acts) => ({...file, acts}),
    );
  }

  /** Fewer nodes and shards, and no longer than needed. */
  async size(): Promise<void> {
    for (const [field, least] of Object.entries(LEAST) as [keyof typeof LEAST, number][])
      while (this.file.shape[field] > least) {
        const shape = {...this.file.shape, [field]: this.file.shape[field] - 1};
        if (!(await this.takes({...this.file, shape}))) break;
      }
    await this.takes({...this.file, endsMs: Math.ceil(this.violation.atMs / 1000) * 1000});
  }

  async roundNumbers(): Promise<void> {
    for (const digits of [0, 1, 2]) {
      const strikes = (this.file.strikes ?? []).map((strike) => rounded(strike, digits));
      if (await this.takes({...this.file, strikes})) break;
    }
    for (const digits of [0, 1, 2])
      if (await this.takes({...this.file, values: rounded(this.file.values ?? {}, digits)})) break;
  }
}

/** The file breaks a promise; what comes back breaks the same one. */
export async function shrink(
  file: ScenarioFile,
  violation: Violation,
  trial: Trial,
  limits: ShrinkLimits = {},
): Promise<Shrunk> {
  const shrinker = new Shrinker(file, violation, trial, limits);
  for (let before = -1; before !== weight(shrinker.file);) {
    before = weight(shrinker.file);
    await shrinker.faults();
    await shrinker.choices();
    await shrinker.size();
  }
  await shrinker.roundNumbers();
  const {trials} = shrinker;
  return {file: shrinker.file, violation: shrinker.violation, trials};
}

function weight({
  strikes = [],
  values = {},
  directed = [],
  acts = [],
  ...file
}: ScenarioFile): number {
  const {shape, prepared = []} = file;
  const things = strikes.length + Object.keys(values).length + directed.length + acts.length;
  return things + prepared.length + shape.containers + shape.daemons + shape.shards;
}

function withValues(file: ScenarioFile, keeps: (entry: [string, Chosen]) => boolean): ScenarioFile {
  return {...file, values: Object.fromEntries(Object.entries(file.values ?? {}).filter(keeps))};
}

/** Longer than any message takes that nothing holds up. */
const HELD_UP_MS = 3;

/** Says no more than how long a message took that nothing held up. */
function isTravel(value: Chosen): boolean {
  if (typeof value !== 'object' || Array.isArray(value)) return false;
  return Object.entries(value).every(
    ([field, ms]) => /^(there|back)Ms$/.test(field) && Number(ms) <= HELD_UP_MS,
  );
}

function withoutTravel(value: Chosen): Chosen {
  if (typeof value !== 'object' || Array.isArray(value)) return value;
  const others = Object.entries(value).filter(([field, ms]) => !isTravel({[field]: ms}));
  return Object.fromEntries(others) as Chosen;
}

function rounded<T>(thing: T, digits: number): T {
  const text = JSON.stringify(thing, (_field, value: unknown) =>
    typeof value === 'number' ? Number(value.toFixed(digits)) : value,
  );
  return JSON.parse(text) as T;
}
