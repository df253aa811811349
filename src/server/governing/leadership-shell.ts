/** The shell of Leadership: watches the leader key and the daemons' heartbeats, carries elections out. */
import type {Keys, ParsedKey} from '../../etcd/keys.ts';
import {valueOf} from '../../appview/app-news.ts';
import {RECORD_VERSION} from '../../model/ownership.ts';
import {Leadership} from '../../ownership/leadership.ts';
import type {Beat, Candidate, LeadershipAction} from '../../ownership/leadership.ts';
import type {FailureDetector} from '../../ownership/failure-detector.ts';
import {decodeHeartbeat, decodeLeader, encodeRecord} from '../../protocol/records.ts';
import {MachineDriver} from '../../runtime/machine-driver.ts';
import type {GovernedApp} from '../../store/governed-app.ts';
import type {FencingKey} from '../../store/ownership-transactions.ts';
import type {Compare, KeyValue, Operation, Transaction} from '../../store/port.ts';
import {ListAndWatch} from '../../appview/list-and-watch.ts';
import {ORIGIN_SERVER_TEXT, originServerOf} from '../../protocol/push.ts';
import {LEADERSHIP_SLEEP_MAX_MS} from './limits.ts';
import {TTL_MAX_MS} from '../../model/limits.ts';

export interface LeadershipOptions extends Pick<
  GovernedApp,
  'keys' | 'store' | 'clock' | 'logger'
> {
  readonly me: () => {container: string; incarnation: string};
  readonly eligible: () => boolean;
  /** Might lead if nobody else does. */
  readonly standby: () => boolean;
  readonly onElected: (fencingKey: FencingKey) => void;
  readonly onLostLeadership: () => void;
  /** The smallest T of the daemons has changed. */
  readonly onProbeInterval: () => void;
  /** This daemon has deleted the key of a leader that was silent, not of one that left in order. Default: nothing is done about it. */
  readonly onLeaderLost?: (leader: {container: string; incarnation: string}) => void;
}

type Sighting =
  /** A server of the Go project is there, or is gone. */
  | {readonly kind: 'originServer'; readonly lease: string; readonly container: string | undefined}
  | {
      readonly kind: 'leader';
      readonly incarnation: string | undefined;
      /** Its container id; '' where nobody leads, or it cannot be read. */
      readonly container: string;
      readonly create: number;
      readonly mod: number;
    }
  | {
      readonly kind: 'heartbeat';
      readonly incarnation: string;
      readonly beat: Beat | undefined;
      readonly mod: number;
    };

export class LeadershipShell {
  private readonly options: LeadershipOptions;
  private readonly leadership = new Leadership();
  private readonly observer: ListAndWatch<Sighting>;
  private readonly driver: MachineDriver<LeadershipAction>;
  /** Servers of the Go project that stand for election: their ids by lease. */
  private readonly originServers = new Map<string, string>();
  /** Container id of the leader that was seen last. */
  private leaderName = '';
  private leastTtlMs = Number.POSITIVE_INFINITY;

  constructor(options: LeadershipOptions) {
    this.options = options;
    const {keys} = options;
    this.observer = new ListAndWatch<Sighting>({
      ...options,
      prefixes: [keys.leader(), keys.heartbeatPrefix(keys.service)],
      decode: sighting,
      sink: {
        listed: (sightings, revision) => this.listed([...sightings], revision),
        changed: (sightings) => {
          for (const seen of sightings) this.take(seen);
          this.lookAtTtl();
          this.wake();
        },
      },
    });
    this.driver = this.newDriver();
  }

  /** Whether this daemon governs sm itself. */
  get leads(): boolean {
    return this.leadership.createRevision !== undefined;
  }

  /** How long each daemon has been silent. */
  get failureDetector(): FailureDetector {
    return this.leadership.failureDetector;
  }

  start(): void {
    this.observer.start();
  }

  stop(): void {
    this.driver.stop();
    this.observer.close();
  }

  probeCommitted(): void {
    this.leadership.probeCommitted(this.options.clock.nowMs());
  }

  smallestTtlMs(): number {
    return this.leadership.smallestTtlMs();
  }

  /** Gives leadership up, if it is ours, so that another daemon need not wait until this one counts as silent. */
  async resign(): Promise<void> {
    const {keys, store} = this.options;
    const create = this.leadership.createRevision;
    this.stop();
    if (create === undefined) return;
    const key = keys.leader();
    await store.transact({
      compares: [{key, target: 'create', op: '=', value: create}],
      then: [{op: 'delete', key}],
    });
  }

  /** Looks at everything again soon. */
  wake(): void {
    this.driver.queueTurn();
  }

  private newDriver(): MachineDriver<LeadershipAction> {
    const {keys, clock, logger, onElected, onLostLeadership} = this.options;
    // One candidate a turn: what is decided and when to look again are about the same one.
    let me: Candidate | undefined;
    return new MachineDriver<LeadershipAction>({
      machine: {
        advance: (nowMs) => this.leadership.advance((me = this.candidate()), nowMs),
        wakeAtMs: (nowMs) => this.leadership.wakeAtMs(me ?? this.candidate(), nowMs),
      },
      handlers: {
        createLeader: (action) => this.transact(action),
        removeLeader: (action) => {
          const {incarnation} = action;
          const fields = {daemon: this.leaderName, incarnation};
          if (action.isOrdered === true)
            logger.info(fields, 'an operator evicts the leader: deleting its leader key');
          else if (isLoss(action))
            logger.warn(fields, 'the leader is silent: deleting its leader key');
          else logger.info(fields, 'the leader has left: deleting its leader key');
          return this.transact(action);
        },
        elected: ({create}) => onElected({key: keys.leader(), target: 'create', value: create}),
        lostLeadership: () => onLostLeadership(),
      },
      clock,
      nowMs: () => clock.nowMs(),
      longestSleepMs: LEADERSHIP_SLEEP_MAX_MS,
      // A daemon without an election is of no use: its process ends, and the others see it fall silent.
      onBroken: (error) => {
        throw error;
      },
    });
  }

  private candidate(): Candidate {
    const {me, eligible, standby} = this.options;
    const {container, incarnation} = me();
    // Two shard managers would give the same shards to different containers.
    const mayLead = this.originServers.size === 0;
    return {
      ...{container, incarnation},
      ...{eligible: mayLead && eligible(), standby: mayLead && standby()},
    };
  }

  private originServerSeen(lease: string, container: string | undefined): void {
    const {logger, keys} = this.options;
    if (container === undefined) {
      if (!this.originServers.delete(lease)) return;
      logger.info({lease}, 'a server of the Go project has ended');
    } else if (!this.originServers.has(lease)) {
      this.originServers.set(lease, container);
      const key = keys.originLeader(lease);
      logger.error({key, server: container}, ORIGIN_SERVER_TEXT);
    }
  }

  private listed(sightings: readonly Sighting[], revision: number): undefined {
    for (const seen of sightings) this.take(seen);
    const shown = new Set(
      sightings.map((seen) => (seen.kind === 'heartbeat' ? seen.incarnation : '')),
    );
    const origin = new Set(
      sightings.map((seen) => (seen.kind === 'originServer' ? seen.lease : '')),
    );
    for (const lease of [...this.originServers.keys()])
      if (!origin.has(lease)) this.originServerSeen(lease, undefined);
    const nowMs = this.options.clock.nowMs();
    for (const incarnation of this.leadership.incarnations) {
      if (!shown.has(incarnation))
        this.leadership.heartbeatSeen(incarnation, revision, undefined, nowMs);
    }
    if (!sightings.some((seen) => seen.kind === 'leader'))
      this.leadership.leaderSeen(undefined, revision);
    this.leadership.complete();
    this.lookAtTtl();
    this.wake();
  }

  /** A daemon that governs nothing hears of the others here only, and may have to take the place of any of them. */
  private lookAtTtl(): void {
    const before = this.leastTtlMs;
    this.leastTtlMs = this.smallestTtlMs();
    if (this.leastTtlMs !== before) this.options.onProbeInterval();
  }

  private take(seen: Sighting): void {
    if (seen.kind === 'heartbeat') {
      const {incarnation, mod, beat} = seen;
      return this.leadership.heartbeatSeen(incarnation, mod, beat, this.options.clock.nowMs());
    }
    if (seen.kind === 'originServer') return this.originServerSeen(seen.lease, seen.container);
    const {incarnation, create, mod} = seen;
    if (seen.container !== '') this.leaderName = seen.container;
    this.leadership.leaderSeen(incarnation === undefined ? undefined : {incarnation, create}, mod);
  }

  private async transact(
    action: Extract<LeadershipAction, {type: 'createLeader' | 'removeLeader'}>,
  ): Promise<void> {
    const {keys, store, clock} = this.options;
    const transaction =
      action.type === 'createLeader'
        ? creation(keys, action, clock.wallMs())
        : leaderRemoval(keys, action);
    // Another one may be seen before the answer is.
    const container = this.leaderName;
    const outcome = await store.transact(transaction);
    if (this.driver.isStopped || outcome.kind === 'unknown') return;
    if (outcome.kind === 'committed' && action.type === 'createLeader') {
      const {revision} = outcome;
      this.leadership.leaderSeen({incarnation: action.incarnation, create: revision}, revision);
    } else if (outcome.kind === 'committed') {
      this.leadership.leaderSeen(undefined, outcome.revision);
      if (action.type === 'removeLeader' && isLoss(action))
        this.options.onLeaderLost?.({container, incarnation: action.incarnation});
    } else {
      const [entry] = outcome.answers;
      this.take(leaderSighting(entry, entry?.mod ?? outcome.revision));
    }
  }
}

/** A leader that has crashed leaves its heartbeat behind. One that deleted it left in order, or somebody evicts it, who notes that. */
function isLoss({hbMod, isOrdered}: Extract<LeadershipAction, {type: 'removeLeader'}>): boolean {
  return hbMod !== 0 && isOrdered !== true;
}

function creation(
  keys: Keys,
  action: Extract<LeadershipAction, {type: 'createLeader'}>,
  wallMs: number,
): Transaction {
  const key = keys.leader();
  const {container, incarnation} = action;
  const value = encodeRecord({
    v: RECORD_VERSION,
    containerId: container,
    incarnation,
    createTime: Math.floor(wallMs / 1000),
  });
  return {
    compares: [
      {key, target: 'create', op: '=', value: 0},
      {key: keys.heartbeat(keys.service, incarnation), target: 'create', op: '!=', value: 0},
    ],
    then: [{op: 'put', key, value}],
    otherwise: [{op: 'get', key}],
  };
}

function leaderRemoval(
  keys: Keys,
  action: Extract<LeadershipAction, {type: 'removeLeader'}>,
): Transaction {
  const key = keys.leader();
  const heartbeat = keys.heartbeat(keys.service, action.incarnation);
  const compares: Compare[] = [
    {key, target: 'create', op: '=', value: action.create},
    {key: heartbeat, target: 'mod', op: '=', value: action.hbMod},
  ];
  const then: Operation[] = [{op: 'delete', key}];
  if (isLoss(action)) then.push({op: 'delete', key: heartbeat});
  return {compares, then, otherwise: [{op: 'get', key}]};
}

function sighting(
  parsed: ParsedKey,
  entry: KeyValue | undefined,
  mod: number,
): Sighting | undefined {
  if (parsed.kind === 'leader') return leaderSighting(entry, mod);
  if (parsed.kind === 'originLeader') {
    const container = entry === undefined ? undefined : originServerOf(entry.value);
    return {kind: 'originServer', lease: parsed.lease, container};
  }
  if (parsed.kind !== 'heartbeat') return undefined;
  const beat = entry === undefined ? undefined : beatOf(entry.value);
  return {kind: 'heartbeat', incarnation: parsed.incarnation, beat, mod};
}

function beatOf(text: string): Beat {
  const decoded = decodeHeartbeat(text);
  if (!decoded.ok) return {ttlMs: TTL_MAX_MS};
  const {ttlMs, sentAtMs, state} = decoded.value;
  return {ttlMs, sentAtMs, isEvicting: state === 'evicting'};
}

/** A leader's key that cannot be read names nobody: its silence is certain, so it may be taken away. */
function leaderSighting(entry: KeyValue | undefined, mod: number): Sighting {
  if (entry === undefined)
    return {kind: 'leader', incarnation: undefined, container: '', create: 0, mod};
  const {incarnation = '', containerId = ''} = valueOf(entry, decodeLeader) ?? {};
  return {kind: 'leader', incarnation, container: containerId, create: entry.create, mod};
}
