/** Everything that runs: etcd, daemons, containers, judge, and the audit that follows every revision. */
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {AdminClient} from '../../src/admin/index.ts';
import {HistoryAudit} from '../../src/audit/history-audit.ts';
import {HistoryReader} from '../../src/etcd/history.ts';
import {Keys} from '../../src/etcd/keys.ts';
import {RawKeys} from '../../src/etcd/raw-keys.ts';
import {pause, until} from '../support/until.ts';
import {EtcdBed} from './etcd-bed.ts';
import type {EtcdVersion} from './etcd-bed.ts';
import {nowUs} from './messages.ts';
import {Daemon, Group, Judge, PREFIX, SERVICE} from './parts.ts';
import type {Part} from './parts.ts';

export interface BedOptions {
  readonly version: EtcdVersion;
  readonly ttlMs: number;
  /** Processes of containers; each holds one container of each app. */
  readonly groups: number;
  /** Of each app. */
  readonly shards: number;
  /** Between two effects of a shard. */
  readonly everyMs: number;
}

export const APPS = ['alpha', 'beta'] as const;
const DAEMONS = 3;
/** Twice the longest rhythm of effects, and what a loaded machine adds. */
const ACTING_WITHIN_US = 1_000_000;
const START_LIMIT_MS = 120_000;
const LOOK_MS = 200;

export class Bed {
  readonly options: BedOptions;
  readonly etcd: EtcdBed;
  readonly daemons: readonly Daemon[];
  readonly groups: readonly Group[];
  readonly judge: Judge;
  readonly audit: HistoryAudit;
  /** Newest revision that the audit has judged. */
  audited = 0;
  /** Why the audit could not follow; '' = it did. */
  auditFault = '';
  private readonly reader: HistoryReader;
  private readonly raw: RawKeys;
  private readonly reading: Promise<void>;
  private readonly folder: string;

  private constructor(
    options: BedOptions,
    parts: Pick<Bed, 'etcd' | 'daemons' | 'groups' | 'judge'>,
    folder: string,
  ) {
    this.options = options;
    this.folder = folder;
    ({etcd: this.etcd, daemons: this.daemons, groups: this.groups, judge: this.judge} = parts);
    const keys = new Keys(PREFIX, SERVICE);
    this.audit = new HistoryAudit({keys});
    this.raw = new RawKeys({endpoints: this.etcd.endpoints, timeoutMs: 2_000});
    this.reader = new HistoryReader({
      keys: this.raw,
      prefix: keys.everyAppPrefix(),
      fromRevision: 1,
      onRevision: (revision, changes) => {
        this.audit.apply(revision, changes);
        this.audited = revision;
      },
    });
    this.reading = this.follow();
  }

  static async start(options: BedOptions): Promise<Bed> {
    const folder = mkdtempSync(join(tmpdir(), 'sm-judge-'));
    const etcd = await EtcdBed.start(options.version);
    const socket = join(folder, 'judge.sock');
    const judge = new Judge(socket, join(folder, 'checked.log'));
    await judge.ready();
    const daemons = await Promise.all(
      Array.from({length: DAEMONS}, (_, index) => Daemon.make(`d${index}`, etcd, options.ttlMs)),
    );
    const groups = await Promise.all(
      Array.from({length: options.groups}, (_, index) => {
        const containers = APPS.map((app) => ({app, id: `${app}-${index}`}));
        const {ttlMs, everyMs} = options;
        const name = `g${index}`;
        // Half of them: the others must stay fenced by their guards alone.
        const watchdog = index % 2 === 1;
        return Group.make(
          {name, judge: socket, etcdPrefix: PREFIX, ttlMs, containers, everyMs, watchdog},
          etcd,
        );
      }),
    );
    const bed = new Bed(options, {etcd, daemons, groups, judge}, folder);
    await bed.open();
    return bed;
  }

  get parts(): readonly Part[] {
    return [...this.groups, ...this.daemons];
  }

  get shardCount(): number {
    return APPS.length * this.options.shards;
  }

  /** The first daemon that answers. */
  async admin(): Promise<AdminClient> {
    for (const daemon of this.daemons)
      if (
        await daemon.admin.call('status', {}).then(
          () => true,
          () => false,
        )
      )
        return daemon.admin;
    throw new Error('no daemon answers');
  }

  /** The daemon that governs the app, by its status. */
  async governorOf(app: string): Promise<Daemon | undefined> {
    const admin = await this.admin();
    const {app: view} = await admin.call('getApp', {service: app});
    return this.daemons.find(({address}) => address === view.governor);
  }

  /** Ms until each shard has an acting owner; undefined: not within the limit. */
  async converged(limitMs: number): Promise<number | undefined> {
    const startedMs = performance.now();
    for (;;) {
      const tookMs = performance.now() - startedMs;
      const acting = await this.judge.acting(nowUs() - ACTING_WITHIN_US);
      if (acting >= this.shardCount) return Math.round(tookMs);
      if (tookMs > limitMs) return undefined;
      await pause(LOOK_MS);
    }
  }

  /** Waits until the audit has seen all that was written. */
  async auditComplete(): Promise<void> {
    const keys = new RawKeys({endpoints: this.etcd.endpoints, timeoutMs: 5_000});
    try {
      const {revision} = await keys.status();
      await until(
        () => this.auditFault !== '' || this.reader.progress >= revision,
        60_000,
        'the audit follows to the end',
      );
    } finally {
      keys.close();
    }
  }

  async stop(): Promise<void> {
    this.reader.stop();
    await this.reading;
    this.raw.close();
    for (const group of this.groups) group.close();
    await Promise.all(this.daemons.map((daemon) => daemon.close()));
    await this.judge.close();
    await this.etcd.stop();
    rmSync(this.folder, {recursive: true, force: true});
  }

  private async open(): Promise<void> {
    for (const daemon of this.daemons) daemon.start();
    const {shards} = this.options;
    const admin = await until(
      () => this.admin().catch(() => undefined),
      START_LIMIT_MS,
      'a daemon answers',
    );
    for (const app of APPS) {
      const rows = Array.from({length: shards}, (_, index) => ({shardId: shardName(index)}));
      await until(
        () => quietly(admin.call('addSpec', {service: app, maxRecoveryTime: 0})),
        START_LIMIT_MS,
        `${app} is made`,
      );
      await until(
        () => quietly(admin.call('addShards', {service: app, shards: rows})),
        START_LIMIT_MS,
        `${app} has shards`,
      );
    }
    for (const group of this.groups) group.start();
    if ((await this.converged(START_LIMIT_MS)) === undefined) {
      const said = [
        ...this.groups.map(({errors}) => errors),
        ...this.daemons.map(({output}) => output),
      ];
      throw new Error(`the bed does not come up: ${said.join('\n').slice(-4_000)}`);
    }
  }

  /** An etcd that is down for longer than the reader's patience must not end the audit. */
  private async follow(): Promise<void> {
    for (;;) {
      try {
        await this.reader.read(() => false);
        return;
      } catch (error) {
        if ((error as {retryable?: boolean}).retryable === true) continue;
        this.auditFault = String(error);
        return;
      }
    }
  }
}

/** As long as the last, so that they sort as they count. */
export function shardName(index: number): string {
  return `s${String(index).padStart(3, '0')}`;
}

/** What may have come to pass although it failed is asked again: a conflict says that it did. */
async function quietly(work: Promise<unknown>): Promise<boolean> {
  return work.then(
    () => true,
    (error: unknown) => /exist/i.test(String(error)),
  );
}
