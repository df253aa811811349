/**
 * Checks a history of the store, revision by revision in order, against the laws. Pure and of bounded memory: it keeps what is alive,
 * counts, and the first findings. Who wrote something is not in etcd; what must have been true for anybody to write it is.
 */
import type {Keys, ParsedKey} from '../etcd/keys.ts';
import type {OwnershipRecord} from '../model/ownership.ts';
import {given} from '../model/said.ts';
import {unlawfulCluster, unlawfulHeartbeat, unlawfulId, unlawfulLeader} from './container-law.ts';
import {unlawful} from './record-law.ts';
import {contentOf, recordIn, shownContent} from './stored.ts';
import type {Content, SeenHeartbeat, Stored} from './stored.ts';
import {unlawfulToken} from './token-law.ts';
import {transitionKind} from './transition-kind.ts';
import {FINDINGS_KEPT, GONE_KEPT} from './limits.ts';

/** One key of one revision; `value` undefined: deleted. */
export interface Change {
  readonly key: string;
  readonly value: string | undefined;
}

/** A write that the laws do not know. */
export interface Finding {
  readonly revision: number;
  readonly key: string;
  /** What stood there; absent: nothing did. */
  readonly before?: string;
  /** What stands there now; absent: nothing does. */
  readonly after?: string;
  readonly rule: string;
}

export interface AuditSummary {
  /** Revisions with a change of ours. */
  readonly revisions: number;
  readonly changes: number;
  /** How often each kind of transition was seen, by name. */
  readonly transitions: Readonly<Record<string, number>>;
  /** Values of a newer version of sm, and writes of an import: taken over, not checked. */
  readonly notJudged: number;
  readonly unlawful: number;
  /** The first of them. */
  readonly findings: readonly Finding[];
}

export interface HistoryAuditOptions {
  readonly keys: Keys;
  /** Default: every app. sm's own leader, cluster and governorships are always checked. */
  readonly app?: string | undefined;
  /** Findings kept. Default 100; all are counted. */
  readonly findingsKept?: number;
}

/** Written by governors and by nobody else. */
const GOVERNOR_KEYS: ReadonlySet<ParsedKey['kind']> = new Set(['status', 'moves', 'events']);

interface Step {
  readonly key: string;
  readonly parsed: ParsedKey;
  readonly before: Stored | undefined;
  readonly after: Content | undefined;
}

export class HistoryAudit {
  private readonly keys: Keys;
  private readonly app: string | undefined;
  private readonly findingsKept: number;
  private readonly state = new Map<string, Stored>();
  /** Keys as they were before the revision that is checked, where it changes them. */
  private previous = new Map<string, Stored | undefined>();
  private readonly newest = new Map<string, string>();
  private readonly holds = new Map<string, number>();
  private readonly gone = new Set<string>();
  private readonly transitions = new Map<string, number>();
  private readonly findings: Finding[] = [];
  private hasApp = false;
  private revisions = 0;
  private changes = 0;
  private notJudged = 0;
  private unlawful = 0;

  constructor({keys, app, findingsKept = FINDINGS_KEPT}: HistoryAuditOptions) {
    this.keys = keys;
    this.app = app;
    this.findingsKept = findingsKept;
  }

  /** Whether anything of the app was there or was changed; also where every app is checked. */
  get knowsApp(): boolean {
    return this.app === undefined || this.hasApp;
  }

  get summary(): AuditSummary {
    const {revisions, changes, notJudged, unlawful: count} = this;
    const transitions = Object.fromEntries([...this.transitions].sort());
    const findings = [...this.findings];
    return {revisions, changes, transitions, notJudged, unlawful: count, findings};
  }

  /** What stood there before the window: taken over as it is. */
  seed(
    entries: Iterable<{readonly key: string; readonly value: string; readonly mod: number}>,
  ): void {
    for (const {key, value, mod} of entries) {
      const parsed = this.keys.parse(key);
      if (parsed === undefined) continue;
      this.note(parsed);
      this.put(key, parsed, {mod, content: contentOf(parsed.kind, value)});
    }
  }

  /** All changes of one revision, in ascending order of revisions. @returns what is unlawful in it. */
  apply(revision: number, changes: readonly Change[]): Finding[] {
    this.revisions += 1;
    const steps = this.stepsOf(revision, changes);
    const importing = this.importing();
    const found: Finding[] = [];
    for (const step of steps) {
      this.count(step);
      const rule = importing ? undefined : this.check(step);
      if (importing) this.notJudged += 1;
      if (rule !== undefined) found.push(this.found(revision, step, rule));
    }
    for (const step of steps) this.remember(step);
    return found;
  }

  /** Key and mod revision of everything that the audited history has left. */
  *living(): Generator<readonly [key: string, mod: number]> {
    for (const [key, {mod}] of this.state) yield [key, mod];
  }

  /** Puts the changes into the state, and what was there before aside. */
  private stepsOf(revision: number, changes: readonly Change[]): Step[] {
    this.previous = new Map();
    const steps: Step[] = [];
    for (const {key, value} of changes) {
      const parsed = this.keys.parse(key);
      if (parsed === undefined) continue;
      this.note(parsed);
      this.changes += 1;
      const before = this.state.get(key);
      const after = value === undefined ? undefined : contentOf(parsed.kind, value);
      this.previous.set(key, before);
      if (after === undefined) this.state.delete(key);
      else this.state.set(key, {mod: revision, content: after});
      steps.push({key, parsed, before, after});
    }
    return steps;
  }

  private put(key: string, parsed: ParsedKey, stored: Stored): void {
    this.state.set(key, stored);
    this.remember({key, parsed, before: undefined, after: stored.content});
  }

  /** Bookkeeping after the check: newest tokens, how much each incarnation holds, who is gone. */
  private remember({key, parsed, before, after}: Step): void {
    if (parsed.kind === 'heartbeat' && before !== undefined && after === undefined) {
      this.gone.add(key);
      const [oldest] = this.gone;
      if (this.gone.size > GONE_KEPT && oldest !== undefined) this.gone.delete(oldest);
    }
    if (parsed.kind !== 'ownership') return;
    this.countHolding(parsed.app, recordIn(before?.content), -1);
    this.countHolding(parsed.app, recordIn(after), 1);
    const token = recordIn(after)?.token ?? '';
    if (after === undefined) this.newest.delete(key);
    else if (token !== '') this.newest.set(key, token);
  }

  private countHolding(app: string, record: OwnershipRecord | undefined, by: 1 | -1): void {
    if (record === undefined || record.state === 'free' || record.state === 'assigned') return;
    const holder = this.keys.heartbeat(app, record.incarnation);
    const count = (this.holds.get(holder) ?? 0) + by;
    if (count === 0) this.holds.delete(holder);
    else this.holds.set(holder, count);
  }

  private count({parsed, before, after}: Step): void {
    if (!this.covers(parsed)) return;
    const kind = transitionKind(before?.content, after);
    if (kind !== undefined) this.transitions.set(kind, (this.transitions.get(kind) ?? 0) + 1);
  }

  private found(revision: number, {key, before, after}: Step, rule: string): Finding {
    const was = shownContent(before?.content);
    const is = shownContent(after);
    const finding: Finding = {
      revision,
      key,
      ...given({before: was, after: is}),
      rule,
    };
    this.unlawful += 1;
    if (this.findings.length < this.findingsKept) this.findings.push(finding);
    return finding;
  }

  private note(parsed: ParsedKey): void {
    this.hasApp ||= 'app' in parsed && parsed.app === this.app;
  }

  private covers(parsed: ParsedKey): boolean {
    if (this.app === undefined || !('app' in parsed) || parsed.app === this.app) return true;
    const {service} = this.keys;
    if (parsed.app !== service) return false;
    return parsed.kind !== 'ownership' || parsed.shard === this.app;
  }

  private check(step: Step): string | undefined {
    const {parsed, before, after} = step;
    if (!this.covers(parsed)) return undefined;
    if (after?.kind === 'unreadable') return 'a value that cannot be read';
    if (
      after?.kind === 'newer' ||
      before?.content.kind === 'newer' ||
      before?.content.kind === 'unreadable'
    ) {
      this.notJudged += 1;
      return undefined;
    }
    return this.checkReadable(step);
  }

  private checkReadable(step: Step): string | undefined {
    const {key, parsed, before, after} = step;
    switch (parsed.kind) {
      case 'ownership':
        return this.checkRecord(step, parsed);
      case 'heartbeat':
        return unlawfulHeartbeat(heartbeatIn(before?.content), heartbeatIn(after), {
          governed: this.governed(parsed.app),
          hadBefore: this.gone.has(key),
          holds: this.holds.get(key) ?? 0,
        });
      case 'containerId': {
        const around = this.surroundings(parsed.app);
        return unlawfulId(parsed.container, holderIn(before?.content), holderIn(after), around);
      }
      case 'leader': {
        const around = this.surroundings(this.keys.service);
        return unlawfulLeader(holderIn(before?.content), holderIn(after), around);
      }
      case 'cluster':
        return unlawfulCluster(clusterIn(before?.content), clusterIn(after));
      default:
        return this.checkGovernorKey(parsed);
    }
  }

  private checkGovernorKey(parsed: ParsedKey): string | undefined {
    if (!GOVERNOR_KEYS.has(parsed.kind) || !('app' in parsed)) return undefined;
    // Each daemon notes outages of etcd and lost leaders there, also while nobody leads.
    if (parsed.kind === 'events' && parsed.app === this.keys.service) return undefined;
    return this.governed(parsed.app)
      ? undefined
      : `${parsed.kind} written and nobody governs the app`;
  }

  private checkRecord(
    {key, before, after}: Step,
    {app, shard}: {readonly app: string; readonly shard: string},
  ): string | undefined {
    const was = recordIn(before?.content);
    const is = recordIn(after);
    const problem = unlawful(was, is, {
      exists: (incarnation) => this.before(this.keys.heartbeat(app, incarnation)) !== undefined,
      specExists: this.before(this.keys.shardSpec(app, shard)) !== undefined,
      governs: this.governed(app),
      writerIs: () => true,
      readyAtClaim: app === this.keys.service,
    });
    if (problem !== undefined || is === undefined) return problem;
    const epoch = clusterIn(this.before(this.keys.cluster())?.content)?.epoch;
    const newest = this.newest.get(key) ?? '';
    return unlawfulToken({record: was, mod: before?.mod ?? 0, newest, epoch}, is);
  }

  /** Whether anybody governed when the revision was written: for an app by its record under sm, for sm itself by the leader key. */
  private governed(app: string): boolean {
    const {keys} = this;
    if (app === keys.service) return this.before(keys.leader()) !== undefined;
    const proof = this.before(keys.ownership(keys.service, app))?.content;
    return proof?.kind === 'ownership' && proof.record.state === 'owned';
  }

  private surroundings(app: string): Parameters<typeof unlawfulLeader>[2] {
    const key = (incarnation: string): string => this.keys.heartbeat(app, incarnation);
    return {
      existed: (incarnation) => this.before(key(incarnation)) !== undefined,
      exists: (incarnation) => this.state.has(key(incarnation)),
      containerOf: (incarnation) =>
        heartbeatIn(this.state.get(key(incarnation))?.content)?.container,
    };
  }

  /** What stood there when the revision was written. */
  private before(key: string): Stored | undefined {
    return this.previous.has(key) ? this.previous.get(key) : this.state.get(key);
  }

  /** `sm store import` writes what it likes, and says so first and last. */
  private importing(): boolean {
    const key = this.keys.cluster();
    return [this.before(key), this.state.get(key)].some(
      (one) => clusterIn(one?.content)?.['importing'] === true,
    );
  }
}

function heartbeatIn(content: Content | undefined): SeenHeartbeat | undefined {
  return content?.kind === 'heartbeat' ? content.heartbeat : undefined;
}

function holderIn(content: Content | undefined): string | undefined {
  return content?.kind === 'containerId' || content?.kind === 'leader'
    ? content.incarnation
    : undefined;
}

function clusterIn(content: Content | undefined) {
  return content?.kind === 'cluster' ? content.record : undefined;
}
