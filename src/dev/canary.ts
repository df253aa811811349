/**
 * `sm canary`: an app of its own in a cluster that is there, with containers on this machine that act all the time, and whose reports
 * are measured: two owners, and how long a shard stands still when it changes hands. Faults, where asked for, strike only its own containers.
 */
import type {AdminClient} from '../admin/admin-client.ts';
import {numbered} from '../cli/shard-batches.ts';
import {messageOf} from '../model/failure-text.ts';
import {SmError} from '../model/errors.ts';
import {CanaryMetrics} from './canary-metrics.ts';
import {Chaos} from './chaos.ts';
import {addShards, createApp, removeShards} from './demo-app.ts';
import type {ChaosAction, DevEvent, Emit} from './events.ts';
import {Fleet} from './fleet.ts';
import type {EffectPass} from './fleet.ts';
import {OwnershipMeter} from './ownership-meter.ts';
import type {GapFigures, HandoverCause} from './ownership-meter.ts';
import type {StoreOfContainers} from './reports.ts';
import type {Verdict} from './verdict.ts';
import {LEAVE_LIMIT_MS, REMOVE_LIMIT_MS} from './limits.ts';

const SHARD_PREFIX = 'canary-';

export interface CanaryOptions {
  readonly admin: AdminClient;
  readonly app: string;
  readonly containers: number;
  readonly shards: number;
  /** The store that the daemons use, and the login of the containers there. */
  readonly store: StoreOfContainers;
  /** T of the containers. */
  readonly ttlMs: number;
  /** None: nothing is disturbed. */
  readonly faults: readonly ChaosAction[];
  readonly emit: Emit;
  /** Program of the containers; tests give one that breaks the rules. */
  readonly program?: string | undefined;
}

/** What has been measured so far. */
export interface Measured {
  readonly verdict: Verdict;
  readonly shards: number;
  /** Shards without an effect for 1 s, now, or when the canary began to stop. */
  readonly standing: number;
  /** Longest time between two effects of one owner, ms. */
  readonly stallMs: number;
  readonly handovers: Partial<Record<HandoverCause, GapFigures>>;
  readonly faults: Partial<Record<ChaosAction, number>>;
}

export class Canary {
  readonly fleet: Fleet;
  readonly metrics: CanaryMetrics;
  private readonly options: CanaryOptions;
  private readonly meter = new OwnershipMeter();
  private readonly faults: Partial<Record<ChaosAction, number>> = {};
  private chaos: Chaos | undefined;
  private standingAtEnd: number | undefined;
  /** The app has no shards but those of this canary. */
  private isItsApp = false;

  constructor(options: CanaryOptions) {
    this.options = options;
    const {shards, program} = options;
    const emit = (event: DevEvent): void => this.report(event);
    const onPass = (pass: EffectPass): void => this.passed(pass);
    this.fleet = new Fleet({shards, emit, onPass, program});
    this.metrics = new CanaryMetrics(() => this.measured);
  }

  /** Creates app and shards if they are not there, and starts the containers. @throws SmError CONFLICT when the app has shards of others. */
  async start(): Promise<void> {
    const {containers, app, store, ttlMs} = this.options;
    for (let number = 1; number <= containers; number += 1) this.fleet.prepare(`${app}-${number}`);
    await this.ensureApp();
    this.fleet.joinAll({app, ...store, ttlMs});
  }

  /** Begins with the faults, if there are to be any. */
  disturb(): void {
    const {admin, app, ttlMs, faults} = this.options;
    const bed = {fleet: this.fleet, admin, app, ttlMs};
    if (faults.length > 0) this.chaos = new Chaos(bed, (event) => this.report(event), faults);
  }

  get measured(): Measured {
    const {meter, fleet, faults, standing} = this;
    const {shards} = this.options;
    const {stallMs, handovers} = meter;
    return {verdict: fleet.verdict.summary, shards, standing, stallMs, handovers, faults};
  }

  /** The shards go first, so that none is left that nobody serves; then the containers leave in order. The app stays for the next time. */
  async stop(): Promise<void> {
    // Whoever reads it afterwards must not find shards that stand still because their containers have left.
    this.standingAtEnd ??= this.standing;
    await this.chaos?.stop();
    await this.removeShards();
    await this.fleet.leave(LEAVE_LIMIT_MS);
    this.metrics.close();
  }

  private get standing(): number {
    return this.standingAtEnd ?? this.meter.standing(this.options.shards, nowUs());
  }

  private async ensureApp(): Promise<void> {
    const {admin, app} = this.options;
    const {shards} = this;
    const {services} = await admin.call('getSpec', {});
    if (!services.includes(app)) {
      this.isItsApp = true;
      return createApp(admin, {app, shards});
    }
    const there = await admin.call('getShards', {service: app});
    const wanted = new Set(shards);
    const other = there.shards.find(({id}) => !wanted.has(id));
    if (other !== undefined)
      throw new SmError(
        'CONFLICT',
        `app ${app} has the shard ${other.id}, which does not belong to this canary`,
        {
          hint: 'choose another app with -a, or pass the number of shards that the app was created with',
        },
      );
    this.isItsApp = true;
    return addShards(admin, {app, shards});
  }

  /** Whoever has asked for the end does not wait for a daemon that is away. */
  private async removeShards(): Promise<void> {
    const {shards} = this;
    const {admin, app, emit} = this.options;
    if (!this.isItsApp) return;
    try {
      await removeShards(admin, {app, shards}, AbortSignal.timeout(REMOVE_LIMIT_MS));
    } catch (error) {
      const why = messageOf(error);
      emit({event: 'shardsStay', app, shards: shards.length, why});
    }
  }

  private get shards(): string[] {
    return numbered(SHARD_PREFIX, this.options.shards);
  }

  private passed(pass: EffectPass): void {
    const handover = this.meter.pass(pass);
    if (handover !== undefined) this.metrics.handover(handover);
  }

  private report(event: DevEvent): void {
    // It stands in what is measured.
    if (event.event === 'verdict') return;
    if (event.event === 'chaos') {
      const {action, container} = event;
      this.meter.fault(container, action, nowUs());
      this.metrics.fault(action);
      this.faults[action] = (this.faults[action] ?? 0) + 1;
    }
    this.options.emit(event);
  }
}

/** "Never two owners" of a canary that never had one would look as if all were well. */
export function nothingMeasured(): SmError {
  return new SmError(
    'TIMEOUT',
    'sm canary has measured nothing: none of its containers has acted for a shard',
    {
      hint: 'check that --endpoints and --etcd-prefix are those of the daemons; give it more time with --duration',
      retryable: true,
    },
  );
}

/** The clock that the containers stamp their effects with. */
function nowUs(): number {
  return Number(process.hrtime.bigint() / 1_000n);
}
