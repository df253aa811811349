/** What every random walk on the simulated store has: time, chance, store, network, and what has happened so far. */
import {Keys} from '../../src/etcd/keys.ts';
import {encodeRecord} from '../../src/protocol/records.ts';
import {Random} from './random.ts';
import {StoreServer} from './simulated-store.ts';
import {Weather} from './weather.ts';
import {World, patchGlobals} from './world.ts';

const STEPS_SHOWN = 120;

export class Walk {
  readonly keys = new Keys('/sm', 'sm');
  readonly random: Random;
  readonly sim: World;
  readonly weather: Weather;
  readonly server: StoreServer;
  /** Nothing is lost, late or broken. */
  isCalm = true;
  problem = '';
  private readonly steps: string[] = [];
  private lives = 0;

  /** `calmFromMs`: no message is late beyond that. */
  constructor(seed: number, calmFromMs: number) {
    patchGlobals();
    this.random = new Random(seed);
    this.sim = new World(seed);
    this.weather = new Weather(this.sim, calmFromMs);
    this.server = new StoreServer(this.sim, this.weather);
  }

  get nowMs(): number {
    return this.sim.nowMs;
  }

  /** A name that no process had before. */
  newName(role: string): string {
    this.lives += 1;
    return `${role}.${this.lives}`;
  }

  say(...step: (string | number)[]): void {
    this.steps.push([(this.nowMs / 1_000).toFixed(3), ...step].join(' '));
  }

  /** The first thing that was broken stays. */
  broken(what: string): void {
    if (this.problem !== '') return;
    this.problem = `${what}\n${this.steps.slice(-STEPS_SHOWN).join('\n')}`;
    this.sim.halt();
  }

  put(key: string, value: object): number {
    return this.server.operate({
      ...{compares: []},
      then: [{op: 'put', key, value: encodeRecord(value)}],
    }).revision;
  }

  delete(key: string): void {
    this.server.operate({compares: [], then: [{op: 'delete', key}]});
  }

  /** Never in calm. */
  mishap(probability: number): boolean {
    return !this.isCalm && this.random.chance(probability);
  }
}
