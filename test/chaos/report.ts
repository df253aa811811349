/** What a run came to: one document, its text, and the sum of several. */
import type {AuditSummary} from '../../src/audit/history-audit.ts';
import type {Convergence, FaultDone} from './conductor.ts';
import type {JudgeReport} from './messages.ts';
import type {Gap} from './verdict.ts';

export interface RunFacts {
  readonly version: string;
  readonly seed: number;
  readonly minutes: number;
  readonly ttlMs: number;
  readonly shards: number;
  readonly containers: number;
  readonly nemeses: readonly string[];
  readonly command: string;
  readonly commit: string;
  readonly faults: readonly FaultDone[];
  readonly convergences: readonly Convergence[];
  readonly broken: readonly string[];
  readonly audit: AuditSummary;
  readonly auditFault: string;
  readonly judge: JudgeReport;
}

/** Upper ends of the classes of gaps, ms. */
const CLASSES_MS = [500, 1_000, 2_000, 5_000, 10_000, 20_000, 40_000] as const;
export type GapKind = 'moved' | 'affected' | 'unaffected';
/** A machine under load holds every process up now and then: below this a gap is nobody's. */
const HICCUP_MS = 1_000;

export interface ChaosReport {
  readonly v: 1;
  readonly version: string;
  readonly seed: number;
  readonly minutes: number;
  readonly ttlMs: number;
  readonly shards: number;
  readonly containers: number;
  readonly command: string;
  readonly commit: string;
  readonly faults: number;
  readonly faultsByNemesis: Readonly<Record<string, number>>;
  readonly violations: readonly string[];
  /** C1. */
  readonly guardPasses: number;
  readonly terms: number;
  readonly overlaps: number;
  /** C2. */
  readonly tokenDisorders: number;
  /** C3. */
  readonly acknowledged: number;
  readonly lost: number;
  /** A3: effects that left their guard in time and arrived after the newer owner's. */
  readonly naiveAppends: number;
  readonly escapes: number;
  readonly mostEscapesOfOnePause: number;
  /** C4: count of gaps up to so many ms, the last class has no end; longest of each kind. */
  readonly gaps: Readonly<Record<GapKind, readonly number[]>>;
  readonly longestGapMs: Readonly<Record<GapKind, number>>;
  /** C5. */
  readonly revisions: number;
  readonly changes: number;
  readonly transitions: Readonly<Record<string, number>>;
  readonly unlawful: number;
  /** C6. */
  readonly convergences: readonly Convergence[];
  readonly boundMs: number;
  readonly beyondBound: number;
  /** C7. */
  readonly guardRefusals: number;
  readonly resourceRefusals: number;
}

export function reportOf(facts: RunFacts): ChaosReport {
  const {judge, audit, faults, convergences} = facts;
  const counted: Record<string, number> = {};
  for (const {nemesis} of faults) counted[nemesis] = (counted[nemesis] ?? 0) + 1;
  const boundMs = convergences[0]?.boundMs ?? 0;
  const {gaps, longestGapMs} = gapsOf(judge.gaps, faults, facts.ttlMs);
  return {
    v: 1,
    version: facts.version,
    seed: facts.seed,
    minutes: facts.minutes,
    ttlMs: facts.ttlMs,
    shards: facts.shards,
    containers: facts.containers,
    command: facts.command,
    commit: facts.commit,
    faults: faults.length,
    faultsByNemesis: Object.fromEntries(Object.entries(counted).sort()),
    violations: violationsOf(facts),
    guardPasses: judge.passes,
    terms: judge.terms,
    overlaps: judge.overlaps.length,
    tokenDisorders: judge.tokenDisorders.length,
    acknowledged: judge.checked.acknowledged,
    lost: judge.lost.length,
    naiveAppends: judge.naive.appends,
    escapes: judge.naive.escapes,
    mostEscapesOfOnePause: judge.naive.mostAtOnce,
    gaps,
    longestGapMs,
    revisions: audit.revisions,
    changes: audit.changes,
    transitions: audit.transitions,
    unlawful: audit.unlawful,
    convergences,
    boundMs,
    beyondBound: convergences.filter(({tookMs}) => tookMs === undefined || tookMs > boundMs).length,
    guardRefusals: judge.guardRefusals,
    resourceRefusals: judge.checked.refused,
  };
}

/** What must never be. A late convergence is counted apart: on a machine that is held up it may be the machine. */
function violationsOf({judge, audit, auditFault, convergences, broken}: RunFacts): string[] {
  const found = judge.overlaps.map(
    ({shard, kind, older, newer, overlapMs}) =>
      `C1 ${shard}: ${kind}: ${newer.owner} ${newer.token} and ${older.owner} ${older.token}, ${overlapMs.toFixed(1)} ms`,
  );
  for (const text of judge.tokenDisorders.slice(0, 20)) found.push(`C2 ${text}`);
  for (const text of judge.lost.slice(0, 20)) found.push(`C3 ${text}`);
  for (const {revision, key, rule, before, after} of audit.findings)
    found.push(
      `C5 revision ${revision} ${key}: ${rule}; before ${before ?? '-'} after ${after ?? '-'}`,
    );
  if (auditFault !== '') found.push(`C5 the audit could not follow: ${auditFault}`);
  for (const {tookMs} of convergences) if (tookMs === undefined) found.push('C6 never converged');
  for (const text of broken) found.push(`bed: ${text}`);
  return found;
}

function gapsOf(all: readonly Gap[], faults: readonly FaultDone[], ttlMs: number) {
  const classes = (): number[] => new Array<number>(CLASSES_MS.length + 1).fill(0);
  const gaps: Record<GapKind, number[]> = {
    moved: classes(),
    affected: classes(),
    unaffected: classes(),
  };
  const longestGapMs: Record<GapKind, number> = {moved: 0, affected: 0, unaffected: 0};
  for (const gap of all) {
    const lengthMs = (gap.toUs - gap.fromUs) / 1_000;
    const kind = gapKind(gap, faults, ttlMs);
    const index = CLASSES_MS.findIndex((most) => lengthMs <= most);
    const row = gaps[kind];
    const at = index < 0 ? CLASSES_MS.length : index;
    row[at] = (row[at] ?? 0) + 1;
    longestGapMs[kind] = Math.max(longestGapMs[kind], Math.round(lengthMs));
  }
  return {gaps, longestGapMs};
}

/** Moved: its owner was asked to stop. Affected: its owner's process, or etcd, was under a fault from 3T before on. */
function gapKind(gap: Gap, faults: readonly FaultDone[], ttlMs: number): GapKind {
  if (gap.reason !== '' && gap.reason !== 'fenced' && gap.reason !== 'lost') return 'moved';
  const process = /@([^#]+)#/.exec(gap.owner)?.[1] ?? '';
  const sinceUs = gap.fromUs - 3_000 * ttlMs;
  const touched = faults.some(
    ({targets, fromUs, toUs}) =>
      fromUs <= gap.toUs &&
      toUs >= sinceUs &&
      targets.some((target) => target === 'all' || target === process || target.startsWith('d')),
  );
  return touched || (gap.toUs - gap.fromUs) / 1_000 <= HICCUP_MS ? 'affected' : 'unaffected';
}

export function textOf(report: ChaosReport): string {
  const took = report.convergences.map(({tookMs}) => tookMs ?? Number.POSITIVE_INFINITY);
  const classes = [
    'kind',
    ...CLASSES_MS.map((most) => `<=${most}`),
    `>${CLASSES_MS.at(-1)}`,
    'longest',
  ];
  const row = (cells: readonly (string | number)[]): string =>
    cells.map((cell) => String(cell).padStart(11)).join('');
  const kinds: readonly GapKind[] = ['moved', 'affected', 'unaffected'];
  return [
    report.command,
    `commit ${report.commit}, etcd ${report.version}, seed ${report.seed}, T ${report.ttlMs} ms, ${report.containers} containers, ${report.shards} shards`,
    `${report.minutes.toFixed(1)} minutes, ${report.faults} faults`,
    ...Object.entries(report.faultsByNemesis).map(([name, count]) => `  ${name}: ${count}`),
    '',
    `C1 overlaps of owners: ${report.overlaps} (${report.guardPasses} guard passes, ${report.terms} terms)`,
    `C2 token disorders at the checked resource: ${report.tokenDisorders}`,
    `C3 acknowledged appends lost, doubled or out of order: ${report.lost} of ${report.acknowledged}`,
    `   naive resource: ${report.escapes} late effects of older owners in ${report.naiveAppends} appends, at most ${report.mostEscapesOfOnePause} for one shard and pause (A3)`,
    'C4 gaps by length, ms:',
    `   ${row(classes)}`,
    ...kinds.map((kind) => `   ${row([kind, ...report.gaps[kind], report.longestGapMs[kind]])}`),
    `C5 unlawful changes in etcd: ${report.unlawful} (${report.changes} changes in ${report.revisions} revisions)`,
    ...Object.entries(report.transitions).map(([kind, count]) => `   ${kind}: ${count}`),
    `C6 convergence after healing: ${report.convergences.length} times, longest ${Math.max(0, ...took)} ms, bound ${report.boundMs} ms, beyond it ${report.beyondBound}`,
    `   machine held up for at most ${Math.max(0, ...report.convergences.map(({heldUpMs}) => heldUpMs))} ms meanwhile`,
    `C7 refused: ${report.guardRefusals} by guards, ${report.resourceRefusals} by the checked resource`,
    '',
    report.violations.length === 0 ? 'no violation' : `${report.violations.length} VIOLATIONS`,
    ...report.violations.map((text) => `  ${text}`),
    '',
  ].join('\n');
}

/** All runs together, for a figure that is reached in pieces. */
export function sumOf(reports: readonly ChaosReport[]): string {
  const total = (of: (report: ChaosReport) => number): number =>
    reports.reduce((sum, report) => sum + of(report), 0);
  const versions = [...new Set(reports.map(({version}) => version))].sort();
  const counted: Record<string, number> = {};
  for (const {faultsByNemesis} of reports)
    for (const [name, count] of Object.entries(faultsByNemesis))
      counted[name] = (counted[name] ?? 0) + count;
  const violations = reports.flatMap((report) =>
    report.violations.map((text) => `  etcd ${report.version} seed ${report.seed}: ${text}`),
  );
  const longest = Math.max(
    0,
    ...reports.flatMap(({convergences}) =>
      convergences.map(({tookMs}) => tookMs ?? Number.POSITIVE_INFINITY),
    ),
  );
  return [
    `${reports.length} runs, ${total(({minutes}) => minutes).toFixed(1)} minutes, ${total(({faults}) => faults)} faults, etcd ${versions.join(', ')}`,
    ...versions.map((version) => {
      const these = reports.filter((report) => report.version === version);
      const minutes = these.reduce((sum, report) => sum + report.minutes, 0);
      const faults = these.reduce((sum, report) => sum + report.faults, 0);
      return `  etcd ${version}: ${minutes.toFixed(1)} minutes, ${faults} faults`;
    }),
    ...Object.entries(counted)
      .sort()
      .map(([name, count]) => `  ${name}: ${count}`),
    `C1 overlaps: ${total(({overlaps}) => overlaps)} of ${total(({guardPasses}) => guardPasses)} guard passes`,
    `C2 token disorders: ${total(({tokenDisorders}) => tokenDisorders)}`,
    `C3 lost acknowledged appends: ${total(({lost}) => lost)} of ${total(({acknowledged}) => acknowledged)}`,
    `   naive resource: ${total(({escapes}) => escapes)} late effects (A3)`,
    `C4 gaps: moved ${total((report) => sum(report.gaps.moved))}, affected ${total((report) => sum(report.gaps.affected))}, unaffected ${total((report) => sum(report.gaps.unaffected))}`,
    `C5 unlawful changes: ${total(({unlawful}) => unlawful)} of ${total(({changes}) => changes)}`,
    `C6 convergences: ${total(({convergences}) => convergences.length)}, beyond the bound ${total(({beyondBound}) => beyondBound)}, longest ${longest} ms`,
    `C7 refused: ${total(({guardRefusals}) => guardRefusals)} by guards, ${total(({resourceRefusals}) => resourceRefusals)} by the checked resource`,
    violations.length === 0 ? 'no violation' : `${violations.length} VIOLATIONS`,
    ...violations,
    '',
  ].join('\n');
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
