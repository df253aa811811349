/** Faults at random, overlapping, in rounds: some time of chaos, then all is healed and the bed must converge within its bound. */
import type {Bed} from './bed.ts';
import {nowUs} from './messages.ts';
import type {Fault, Nemesis} from './nemesis.ts';
import type {Random} from './random.ts';
import {pause} from '../support/until.ts';

export interface FaultDone {
  readonly nemesis: string;
  readonly text: string;
  readonly targets: readonly string[];
  readonly fromUs: number;
  readonly toUs: number;
}

export interface Convergence {
  /** From the last fault's end; undefined: not within the limit. */
  readonly tookMs: number | undefined;
  readonly boundMs: number;
  /** Longest time that this process itself was held up meanwhile: how calm the machine was. */
  readonly heldUpMs: number;
}

export interface ConductorOptions {
  readonly bed: Bed;
  readonly random: Random;
  readonly nemeses: Readonly<Record<string, Nemesis>>;
  readonly endMs: number;
  readonly log: (line: string) => void;
}

const EVERY_MS = [1_000, 5_500] as const;
const ROUND_MS = [30_000, 60_000] as const;
const REST_MS = 2_000;
const AT_ONCE = 4;
/** Not converged after this is not a slow machine. */
const CONVERGE_LIMIT_MS = 120_000;
/** A fault that cannot be begun within this time is left. */
const BEGIN_LIMIT_MS = 20_000;

interface Running {
  readonly nemesis: string;
  readonly fault: Fault;
  readonly fromUs: number;
  readonly over: AbortController;
}

export class Conductor {
  readonly done: FaultDone[] = [];
  readonly convergences: Convergence[] = [];
  /** Faults that could not be taken back. */
  readonly broken: string[] = [];
  private readonly options: ConductorOptions;
  private readonly running = new Map<Running, Promise<void>>();
  /** Each nemesis comes before any comes twice. */
  private bag: string[] = [];

  constructor(options: ConductorOptions) {
    this.options = options;
  }

  /** I6: max(2T, maxRecoveryTime) + 2T (circuit breaker) + 5 s. */
  get boundMs(): number {
    return 4 * this.options.bed.options.ttlMs + 5_000;
  }

  async run(): Promise<void> {
    const {endMs, random, log} = this.options;
    while (performance.now() < endMs) {
      const roundEndMs = Math.min(endMs, performance.now() + random.between(...ROUND_MS));
      while (performance.now() < roundEndMs) {
        if (this.running.size < AT_ONCE) await this.begin();
        await pause(random.between(...EVERY_MS));
      }
      await this.heal();
      const convergence = await this.converge();
      this.convergences.push(convergence);
      log(
        `healed: converged after ${convergence.tookMs ?? 'never'} ms, bound ${this.boundMs} ms, held up ${convergence.heldUpMs} ms`,
      );
      await pause(REST_MS);
    }
  }

  private async begin(): Promise<void> {
    const {bed, random, nemeses, log} = this.options;
    const name = this.draw();
    const nemesis = nemeses[name];
    if (nemesis === undefined) return;
    const fromUs = nowUs();
    const late = pause(BEGIN_LIMIT_MS).then(() => undefined);
    const beginning = nemesis(bed, random).catch(() => undefined);
    const fault = await Promise.race([beginning, late]);
    if (fault === undefined) {
      // One that begins after all is taken back at once.
      void beginning.then((begun) => begun?.heal());
      return;
    }
    log(`${name}: ${fault.text}, ${fault.lastsMs} ms`);
    const running: Running = {nemesis: name, fault, fromUs, over: new AbortController()};
    this.running.set(running, this.endLater(running));
  }

  private draw(): string {
    const {random, nemeses} = this.options;
    if (this.bag.length === 0) {
      const names = Object.keys(nemeses);
      // The one that broke plain leases first of all.
      const first = this.done.length === 0 && names.includes('pauseEtcdLeader');
      this.bag = names.sort(() => random.next() - 0.5);
      if (first) this.bag.push('pauseEtcdLeader');
    }
    return this.bag.pop() ?? '';
  }

  private async endLater(running: Running): Promise<void> {
    const {fault, nemesis, fromUs, over} = running;
    const {signal} = over;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, fault.lastsMs);
      signal.addEventListener('abort', () => {
        clearTimeout(timer);
        resolve();
      });
    });
    try {
      await fault.heal();
    } catch (error) {
      this.broken.push(`${nemesis} ${fault.text}: ${String(error)}`);
    }
    const {text, targets} = fault;
    this.done.push({nemesis, text, targets, fromUs, toUs: nowUs()});
    this.running.delete(running);
  }

  private async heal(): Promise<void> {
    const {bed} = this.options;
    const ends = [...this.running].map(([running, end]) => {
      running.over.abort();
      return end;
    });
    // First etcd: what is taken back by an order needs it.
    await bed.etcd.heal();
    await Promise.all(ends);
    for (const part of bed.parts) {
      part.signal('SIGCONT');
      part.start();
    }
    await bed.etcd.heal();
  }

  private async converge(): Promise<Convergence> {
    let heldUpMs = 0;
    let lastMs = performance.now();
    const timer = setInterval(() => {
      const ms = performance.now();
      heldUpMs = Math.max(heldUpMs, Math.round(ms - lastMs - 50));
      lastMs = ms;
    }, 50);
    const tookMs = await this.options.bed.converged(CONVERGE_LIMIT_MS);
    clearInterval(timer);
    return {tookMs, boundMs: this.boundMs, heldUpMs};
  }
}
