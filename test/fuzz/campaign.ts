/** Runs cases of one target until its time or its number is over; the first fault ends it and becomes a file. */
import {mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {setFlagsFromString} from 'node:v8';
import {runInNewContext} from 'node:vm';
import {Random} from '../simulation/random.ts';
import {CASE_HANG_MS, thrown} from './target.ts';
import type {FuzzTarget, Json} from './target.ts';

export const GROWTH_LIMIT_BYTES = 50 * 1024 * 1024;
/** Caches fill and code is compiled meanwhile; what grows later is a leak. */
const WARM_UP_PART = 0.2;
const WARM_UP_LEAST = 200;
const YIELD_MS = 200;

export interface CampaignOptions {
  readonly seed: number;
  /** The first of these that is reached ends it. */
  readonly limitMs: number;
  readonly limitCases: number;
  /** Where a failing case is written. */
  readonly failures: string;
}

export interface CampaignResult {
  readonly cases: number;
  readonly seconds: number;
  /** What this process computed meanwhile: the measure of targets in it, on a machine that has other work. */
  readonly cpuSeconds: number;
  readonly growthBytes: number;
  readonly fault: string | undefined;
  /** Of the failing case, to be given to --replay. */
  readonly file: string | undefined;
}

export class Campaign {
  private readonly target: FuzzTarget;
  private readonly options: CampaignOptions;
  private started = 0;
  private done = 0;
  private fault: string | undefined;
  private file: string | undefined;
  private warmBytes: number | undefined;
  private readonly startMs = performance.now();
  private readonly startCpu = process.cpuUsage();

  constructor(target: FuzzTarget, options: CampaignOptions) {
    this.target = target;
    this.options = options;
  }

  async run(): Promise<CampaignResult> {
    await Promise.all(Array.from({length: this.target.width}, () => this.worker()));
    this.fault ??= await this.target.verify();
    const growthBytes = this.memory() - (this.warmBytes ?? this.memory());
    if (growthBytes > GROWTH_LIMIT_BYTES)
      this.fault ??= `memory grew by ${Math.round(growthBytes / 1024 ** 2)} MB after warm-up`;
    const seconds = (performance.now() - this.startMs) / 1_000;
    const {user, system} = process.cpuUsage(this.startCpu);
    const cpuSeconds = (user + system) / 1e6;
    return {cases: this.done, seconds, cpuSeconds, growthBytes, fault: this.fault, file: this.file};
  }

  private async worker(): Promise<void> {
    let turnMs = performance.now();
    while (this.fault === undefined && this.goesOn()) {
      const index = this.started;
      this.started += 1;
      const input = this.target.make(new Random(caseSeed(this.options.seed, index)));
      const fault = await faultIn(this.target, input);
      this.done += 1;
      if (fault !== undefined) this.fail(index, input, fault);
      this.measure();
      if (performance.now() - turnMs < YIELD_MS) continue;
      await new Promise((resolve) => setImmediate(resolve));
      turnMs = performance.now();
    }
  }

  private goesOn(): boolean {
    const {limitMs, limitCases} = this.options;
    return this.started < limitCases && performance.now() - this.startMs < limitMs;
  }

  private measure(): void {
    if (this.warmBytes !== undefined || this.done < WARM_UP_LEAST) return;
    const {limitMs, limitCases} = this.options;
    const passed = Math.max((performance.now() - this.startMs) / limitMs, this.done / limitCases);
    if (passed >= WARM_UP_PART) this.warmBytes = this.memory();
  }

  private memory(): number {
    collectGarbage();
    return this.target.memory();
  }

  private fail(index: number, input: Json, fault: string): void {
    if (this.fault !== undefined) return;
    const {failures, seed} = this.options;
    const {name: target} = this.target;
    this.fault = fault;
    this.file = join(failures, `${target}-${seed}-${index}.json`);
    mkdirSync(failures, {recursive: true});
    writeFileSync(
      this.file,
      `${JSON.stringify({target, seed, index, fault, input}, undefined, 1)}\n`,
    );
  }
}

/** Runs one case, with a limit; what it throws is a fault. */
export async function faultIn(target: FuzzTarget, input: Json): Promise<string | undefined> {
  const startMs = performance.now();
  const before = process.cpuUsage();
  const {hangMs = CASE_HANG_MS} = target;
  try {
    const outcome = target.run(input);
    const fault = outcome instanceof Promise ? await limited(outcome, 2 * hangMs) : outcome;
    // What ends in one go hangs only by what it computes: the machine may have stood still meanwhile.
    const tookMs = outcome instanceof Promise ? performance.now() - startMs : cpuMs(before);
    return fault ?? (tookMs > hangMs ? `took ${Math.round(tookMs)} ms` : undefined);
  } catch (error) {
    return `threw: ${thrown(error)}`;
  }
}

function cpuMs(since: NodeJS.CpuUsage): number {
  const {user, system} = process.cpuUsage(since);
  return (user + system) / 1_000;
}

function limited(
  outcome: Promise<string | undefined>,
  limitMs: number,
): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`no end within ${limitMs} ms`), limitMs);
  });
  return Promise.race([outcome, limit]).finally(() => clearTimeout(timer));
}

function caseSeed(seed: number, index: number): number {
  return (Math.imul(seed, 0x9e3779b1) + Math.imul(index + 1, 0x85ebca6b)) >>> 0;
}

let collect: (() => void) | undefined;

function collectGarbage(): void {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as () => void;
  }
  collect();
}
