/**
 * Two deployers ask whether they may stop containers of a random fleet, and stop some of them when they may. A yes is checked against what was said yes to before:
 * - nobody else may stop the same process meanwhile;
 * - with it no more are away, or may be taken away, than the policy has it, unless they were away already.
 */
import {checkStop, permitted} from '../../../src/governor/stop-gate.ts';
import type {StopSituation} from '../../../src/governor/stop-gate.ts';
import {PERMISSION_CLOCK_SLACK_MS} from '../../../src/model/limits.ts';
import {placementOf} from '../../../src/model/placement-policy.ts';
import {isAvailable, unavailableLimit} from '../../../src/model/stop-permission.ts';
import type {GovernorBed} from '../governor-bed.ts';
import type {Draw} from './processes.ts';

const LEASE_LONGEST_MS = 90_000;

/** A yes: until when it counts, ms. */
interface Yes {
  readonly container: string;
  readonly incarnation: string;
  readonly holder: string;
  readonly endMs: number;
}

export class Deployers {
  private readonly bed: GovernorBed;
  private readonly next: Draw;
  private given: Yes[] = [];

  constructor(bed: GovernorBed, next: Draw) {
    this.bed = bed;
    this.next = next;
  }

  /** One of them asks for these; returns whether it may stop them. @throws Error when a yes breaks what others were promised. */
  ask(containers: readonly string[]): boolean {
    const {bed, next} = this;
    const situation = this.situation();
    const isKnown = (id: string): boolean => situation.living.has(id) || situation.lost.has(id);
    const wanted = [...new Set(containers)].filter(isKnown);
    const holder = `deployer-${next(2)}`;
    const leaseMs = 1 + next(LEASE_LONGEST_MS);
    const question = {wanted, holder, maxUnserved: next(4)};
    // Whether all find a place costs a plan, and has tests of its own.
    const {allowed} = checkStop(question, situation, () => []);
    if (wanted.length === 0 || !allowed) return false;
    this.look(wanted, holder, situation);
    const mod = bed.next();
    const permissions = permitted(question, situation, {reason: '', leaseMs});
    const entry = {value: {v: 1, permissions}, mod, create: mod};
    bed.governor.changed({kind: 'stops', mod, entry}, bed.nowMs);
    this.given = this.given.filter(
      (one) => !(one.holder === holder && wanted.includes(one.container)),
    );
    const endMs = bed.nowMs + leaseMs + PERMISSION_CLOCK_SLACK_MS;
    for (const container of wanted) {
      const incarnation = situation.living.get(container)?.incarnation ?? '';
      this.given.push({container, incarnation, holder, endMs});
    }
    return true;
  }

  private look(wanted: readonly string[], holder: string, {living, lost}: StopSituation): void {
    const {nowMs, governor} = this.bed;
    const isAway = (id: string): boolean => {
      const there = living.get(id);
      return there === undefined ? lost.has(id) : !isAvailable(there.state);
    };
    // One that has come back as another process, and serves, may not be stopped any more.
    const inForce = this.given.filter(
      ({container, incarnation, endMs}) =>
        nowMs < endMs && (isAway(container) || living.get(container)?.incarnation === incarnation),
    );
    const fresh = wanted.filter(
      (id) => !inForce.some((one) => one.container === id && one.holder === holder),
    );
    const other = inForce.find((one) => fresh.includes(one.container));
    if (other !== undefined)
      throw new Error(`${holder} may stop ${other.container}, and so may ${other.holder}`);
    const away = new Set([...living.keys(), ...lost].filter(isAway));
    for (const {container} of inForce) away.add(container);
    const {maxUnavailable} = placementOf(governor.view.spec?.value);
    const all = new Set([...living.keys(), ...lost, ...away]);
    const limit = unavailableLimit(maxUnavailable, all.size);
    const added = fresh.filter((id) => !away.has(id));
    if (added.length > 0 && away.size + added.length > limit)
      throw new Error(`${away.size + added.length} may be away, of ${limit}`);
  }

  private situation(): StopSituation {
    const {governor, nowMs, status} = this.bed;
    const {view} = governor;
    const living = governor.planInUse(nowMs)?.gate.living ?? new Map();
    const lost = new Set<string>();
    const unserved: {shard: string; container: string}[] = [];
    for (const [, {value}] of view.own)
      if (value.state !== 'free' && !living.has(value.container)) lost.add(value.container);
    for (const shard of view.shards.keys()) {
      const record = view.own.get(shard)?.value;
      if (record?.state === 'owned' && record.ready && view.hasLivingOwner(shard)) continue;
      unserved.push({shard, container: record === undefined ? '' : record.container});
    }
    return {
      ...{living, lost, unserved, unknown: '', wallMs: nowMs},
      permissions: view.stops?.value.permissions ?? [],
      maxUnavailable: placementOf(view.spec?.value).maxUnavailable,
      isBreakerOpen: status?.alarms.some(({code}) => code === 'BRAKE') === true,
    };
  }
}
