/** Everything around one random walk of push containers: time, chance, store, network, daemons, containers, and what has happened so far. */
import {Keys} from '../../../../src/etcd/keys.ts';
import type {OwnershipRecord} from '../../../../src/model/ownership.ts';
import {decodeOwnership, encodeRecord} from '../../../../src/protocol/records.ts';
import {Random} from '../../../simulation/random.ts';
import {StoreServer} from '../../../simulation/simulated-store.ts';
import {Weather} from '../../../simulation/weather.ts';
import {World, patchGlobals} from '../../../simulation/world.ts';
import type {PushContainer} from './container.ts';
import type {PushDaemon} from './daemon.ts';
import {LeaseTable} from './leases.ts';

export const APP = 'app';
export const SHARDS = ['s1', 's2', 's3', 's4'] as const;
const STEPS_SHOWN = 120;

export class PushWorld {
  readonly keys = new Keys('/sm', 'sm');
  readonly random: Random;
  readonly sim: World;
  readonly weather: Weather;
  readonly server: StoreServer;
  readonly leases: LeaseTable;
  readonly daemons: PushDaemon[] = [];
  readonly containers = new Map<string, PushContainer>();
  /** Incarnations that an operator has evicted. */
  readonly evicted = new Set<string>();
  /** Nothing is lost, late or broken. */
  isCalm = true;
  /** Revision of the newest claim of the app. */
  claim = 0;
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
    this.leases = new LeaseTable(this);
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
      ...{compares: [], otherwise: []},
      then: [{op: 'put', key, value: encodeRecord(value)}],
    }).revision;
  }

  delete(key: string): void {
    this.server.operate({compares: [], then: [{op: 'delete', key}], otherwise: []});
  }

  /** Never in calm. */
  mishap(probability: number): boolean {
    return !this.isCalm && this.random.chance(probability);
  }

  record(shard: string): OwnershipRecord | undefined {
    const entry = this.server.kv.get(this.keys.ownership(APP, shard));
    const decoded = entry === undefined ? undefined : decodeOwnership(entry.value);
    return decoded?.ok === true ? decoded.value : undefined;
  }
}
