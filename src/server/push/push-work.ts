/** Carries out what a push container's session machine wants: writes records in its name and calls it. */
import type {Governor} from '../../governor/governor.ts';
import type {Known} from '../../ownership/transitions.ts';
import {claim, free, markReady} from '../../ownership/transitions.ts';
import type {CallResult, PushSession} from '../../ownership/push-session.ts';
import type {Transition} from '../../model/transition.ts';
import {pushAddBody, pushDropBody} from '../../protocol/push.ts';
import type {GovernedApp} from '../../store/governed-app.ts';
import {
  governsNoMore,
  ownChange,
  transitionOutcome,
  transitionTransaction,
} from '../../store/ownership-transactions.ts';
import type {PushCaller} from './push-caller.ts';
import {CALLS_PER_CONTAINER, CALLS_TO_UNREGISTERED, FIRST_CLAIMS, REACHED_MS} from './limits.ts';

/** One living session. */
export interface OpenSession {
  readonly container: string;
  readonly lease: string;
  readonly incarnation: string;
  /** Its key in the store. */
  readonly key: string;
  readonly create: number;
  readonly talk: PushSession;
  /** Calls under way. */
  calls: number;
  /** Shards that wait for a call to end. */
  readonly backlog: Set<string>;
  /** Last time anything answered at its endpoint, ms. */
  reachedAtMs: number;
  probing: boolean;
  ended: boolean;
}

/** What both the gateway and its work need of the daemon and of the governor. */
export interface PushScope extends Omit<GovernedApp, 'governor' | 'leases' | 'onAudited'> {
  readonly caller: PushCaller;
  readonly governor: Governor;
  /** The governor has news. */
  readonly onNews: () => void;
  readonly onLostLeadership: () => void;
  /** Something has failed by a bug: the governor, and all that goes with it, has to begin anew. */
  readonly onBroken: (error: unknown) => void;
}

export interface PushWorkOptions extends PushScope {
  /** Id of the guard lease; undefined: no shard may be given, not yet or not any more. */
  readonly guardLeaseId: () => string | undefined;
  /** Takes care of what fails there, which is a bug. */
  readonly background: (work: Promise<void>) => void;
}

interface ShardCall {
  readonly shard: string;
  readonly op: 'add' | 'drop';
  /** Of the record that it is made for; 0: there is none. */
  readonly mod: number;
  readonly body: string;
}

export class PushWork {
  private readonly options: PushWorkOptions;
  private readonly writing = new Set<string>();
  /** Calls under way to containers that are not registered. */
  private callsToUnregistered = 0;
  private stopped = false;

  constructor(options: PushWorkOptions) {
    this.options = options;
  }

  stop(): void {
    this.stopped = true;
  }

  /** Looks at every shard that is recorded as this session's, listed by it, or has had a call: what is over is forgotten. */
  all(session: OpenSession): void {
    const {view} = this.options.governor;
    const {listed, asked} = session.talk;
    const shards = new Set([...view.shardsOf(session.incarnation), ...listed, ...asked]);
    for (const shard of shards) this.one(session, shard);
    this.reachAgain(session);
  }

  /** The call that failed may have been the last there is to make: then only this one shows that the container can be reached again. */
  private reachAgain(session: OpenSession): void {
    if (!session.talk.isUnreachable || session.calls > 0 || session.probing) return;
    const isRegistered = this.options.governor.view.hasHeartbeat(session.incarnation);
    if (this.stopped || (!isRegistered && this.hasCalledEnough)) return;
    const probe = this.probe(session);
    this.options.background(isRegistered ? probe : this.countedAsUnregistered(probe));
  }

  /** Takes the next step of one shard, if there is one. */
  one(session: OpenSession, shard: string): void {
    const {clock, governor} = this.options;
    const {view} = governor;
    if (this.stopped || session.ended || this.writing.has(shard) || view.isQuarantined(shard))
      return;
    const known = view.own.get(shard);
    const step = session.talk.step(shard, known, clock.nowMs());
    if (step.step === 'claim') this.claim(session, shard, known);
    else if (step.step === 'ready') this.ready(session, shard, known);
    else if (step.step === 'free') this.write(session, free(shard, known, step.failure));
    else if (step.step === 'call') this.call(session, shard, step.op, known);
  }

  /** Who cannot be reached, or could not be given the shard, claims nothing, so that the governor notices and places it elsewhere. */
  private claim(session: OpenSession, shard: string, known: Known): void {
    const {clock, governor, guardLeaseId} = this.options;
    if (guardLeaseId() === undefined) return;
    if (clock.nowMs() - session.reachedAtMs > REACHED_MS) {
      if (!session.probing) this.options.background(this.probe(session));
      return;
    }
    if (!session.talk.takesAdds && this.claimedBy(session) >= FIRST_CLAIMS) return;
    const spec = governor.view.shards.get(shard);
    const me = this.claimant(session);
    if (spec === undefined || me === undefined) return;
    this.write(session, claim(shard, known, me, spec.value.taskVersion ?? 0, false));
  }

  /** Shards that it has, or is about to have. */
  private claimedBy({incarnation}: OpenSession): number {
    const {view} = this.options.governor;
    let claimed = 0;
    for (const shard of view.shardsOf(incarnation))
      if (this.writing.has(shard) || view.own.get(shard)?.value.state !== 'assigned') claimed += 1;
    return claimed;
  }

  private ready(session: OpenSession, shard: string, known: Known): void {
    const me = this.claimant(session);
    if (me === undefined) return;
    this.write(session, markReady(shard, known, me, this.options.epoch));
  }

  private claimant(
    session: OpenSession,
  ): {container: string; incarnation: string; create: number} | undefined {
    const {container, incarnation} = session;
    const create = this.options.governor.view.heartbeats.get(incarnation)?.create;
    return create === undefined ? undefined : {container, incarnation, create};
  }

  private async probe(session: OpenSession): Promise<void> {
    session.probing = true;
    const {reached} = await this.options.caller.contact(session.container);
    session.probing = false;
    if (!reached) return;
    session.reachedAtMs = this.options.clock.nowMs();
    session.talk.reached();
    this.all(session);
  }

  private write(session: OpenSession, transition: Transition): void {
    this.writing.add(transition.shard);
    this.options.background(this.submit(session, transition));
  }

  /** Guarded by the fencing key as well: a daemon that governs no more speaks for nobody. */
  private async submit(session: OpenSession, transition: Transition): Promise<void> {
    const {app, keys, fencingKey, batcher, governor, clock} = this.options;
    const {shard, record} = transition;
    const guarded: Transition = {
      ...transition,
      guards: [...transition.guards, {kind: 'fencingKey'}],
    };
    const sent = await batcher.submit(transitionTransaction(keys, app, fencingKey, guarded));
    const outcome = transitionOutcome(shard, fencingKey, sent);
    this.writing.delete(shard);
    if (this.stopped) return;
    if (outcome.kind === 'lostLeadership') return this.options.onLostLeadership();
    if (outcome.kind === 'refused') governor.changed(outcome.own, clock.nowMs());
    if (outcome.kind === 'committed' && record !== null) {
      const mod = outcome.revision;
      const create = governor.view.own.get(shard)?.create ?? mod;
      const entry = {value: record, mod, create};
      governor.changed({kind: 'own', mod, shard, entry}, clock.nowMs());
      if (transition.kind === 'free') session.talk.freed(shard);
      this.one(session, shard);
    }
    this.options.onNews();
  }

  private call(session: OpenSession, shard: string, op: 'add' | 'drop', known: Known): void {
    const isRegistered = this.options.governor.view.hasHeartbeat(session.incarnation);
    if (session.calls >= CALLS_PER_CONTAINER || (!isRegistered && this.hasCalledEnough)) {
      // Nothing waits for a call to who is not registered: its next heartbeat brings the shard up again.
      if (isRegistered) session.backlog.add(shard);
      return;
    }
    const body = op === 'add' ? this.addBody(shard) : pushDropBody(shard);
    if (body === undefined) return;
    if (known?.value.incarnation !== session.incarnation) this.warnOfStray(session, shard, known);
    session.calls += 1;
    session.talk.called(shard, op, known?.mod ?? 0, this.options.clock.nowMs());
    const call = this.carryOut(session, {shard, op, mod: known?.mod ?? 0, body});
    this.options.background(isRegistered ? call : this.countedAsUnregistered(call));
  }

  private get hasCalledEnough(): boolean {
    return this.callsToUnregistered >= CALLS_TO_UNREGISTERED;
  }

  private async countedAsUnregistered(call: Promise<void>): Promise<void> {
    this.callsToUnregistered += 1;
    try {
      await call;
    } finally {
      this.callsToUnregistered -= 1;
    }
  }

  private addBody(shard: string): string | undefined {
    const {app, governor, guardLeaseId} = this.options;
    const spec = governor.view.shards.get(shard);
    const guard = guardLeaseId();
    return spec === undefined || guard === undefined
      ? undefined
      : pushAddBody(app, spec.value, guard);
  }

  private warnOfStray({container}: OpenSession, shard: string, known: Known): void {
    const recorded =
      known === undefined || known.value.state === 'free' ? '' : known.value.container;
    this.options.logger.warn(
      {container, shard, recorded},
      'push container lists a shard that is recorded elsewhere: dropping it there',
    );
  }

  private async carryOut(session: OpenSession, call: ShardCall): Promise<void> {
    const {clock} = this.options;
    const {shard} = call;
    const result = await this.result(session, call);
    session.calls -= 1;
    if (result.kind === 'accepted' || result.kind === 'refused')
      session.reachedAtMs = clock.nowMs();
    const tookAdds = session.talk.takesAdds;
    session.talk.answered(shard, result, clock.nowMs());
    // What it was given besides had to wait for that.
    if (session.talk.takesAdds !== tookAdds) return this.all(session);
    this.one(session, shard);
    const [next] = session.backlog;
    if (next === undefined) return;
    session.backlog.delete(next);
    this.one(session, next);
  }

  /** HTTP knows no guards: the record is read once more before the call, and the store's revision after it. */
  private async result(
    session: OpenSession,
    {shard, op, mod, body}: ShardCall,
  ): Promise<CallResult> {
    const {store, caller, logger} = this.options;
    try {
      if (!(await this.stillRecorded(shard, mod))) return {kind: 'unsent'};
      const answer = await caller.call(session.container, op, body);
      if (answer.kind !== 'accepted') {
        logger.warn(
          {container: session.container, shard, op, answer},
          'call to a push container failed',
        );
        return answer;
      }
      return {kind: 'accepted', revision: (await store.get(session.key)).revision};
    } catch (error) {
      logger.debug({shard, error: String(error)}, 'store did not answer around a call');
      return {kind: 'unsent'};
    }
  }

  private async stillRecorded(shard: string, mod: number): Promise<boolean> {
    const {app, keys, fencingKey, store, governor, clock} = this.options;
    const {revision, entries} = await store.getMany([fencingKey.key, keys.ownership(app, shard)]);
    if (this.stopped) return false;
    const [proof, own] = entries;
    if (governsNoMore(fencingKey, proof)) {
      this.options.onLostLeadership();
      return false;
    }
    if ((own?.mod ?? 0) === mod) return true;
    governor.changed(ownChange(shard, own, revision), clock.nowMs());
    this.options.onNews();
    return false;
  }
}
