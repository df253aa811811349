/** The judge of the chaos bed finds what is planted in what it is told, and in the log of the resource. */
import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {beforeAll, describe, expect, it} from 'vitest';
import {HistoryAudit} from '../../src/audit/history-audit.ts';
import {Keys} from '../../src/etcd/keys.ts';
import {ownFolder} from '../support/own-folder.ts';
import {JudgeCore} from './judge-core.ts';
import type {AppendItem, JudgeReport} from './messages.ts';
import {reportOf, sumOf, textOf} from './report.ts';
import type {ChaosReport} from './report.ts';
import {Acknowledged, judgeLog} from './resources.ts';
import {timelineSvg} from './timeline-svg.ts';

let folder = '';
let files = 0;
beforeAll(() => {
  folder = ownFolder('judge-test');
});

const A = 'a@g0#1';
const B = 'b@g1#2';
const SECOND = 1_000_000;

function judge(): {core: JudgeCore; log: string} {
  files += 1;
  const log = join(folder, `log-${files}`);
  return {core: new JudgeCore(log), log};
}

let batches = 0;
/** A round of one owner that is acknowledged by the next. */
function act(
  core: JudgeCore,
  owner: string,
  token: string,
  n: number,
  atUs: number,
  leftUs = 2 * SECOND,
): readonly string[] {
  const item: AppendItem = ['app/s1', token, n, atUs, leftUs];
  batches += 1;
  const answer = core.received(
    {type: 'batch', id: batches, owner, acked: batches - 1, refusals: 0, items: [item]},
    atUs,
  );
  return answer?.type === 'ack' ? answer.refused : [];
}

function fence(core: JudgeCore, token: string): number | null {
  const answer = core.received({type: 'fence', id: 1, shard: 'app/s1', token}, 0);
  return answer?.type === 'fenced' ? answer.n : null;
}

function ended(core: JudgeCore, owner: string, token: string, atUs: number): void {
  core.received({type: 'ended', owner, shard: 'app/s1', token, atUs, reason: 'moved'}, atUs);
}

/** A has it with token 1 from second 1 to 3. */
function first(core: JudgeCore): void {
  expect(fence(core, '1')).toBe(0);
  for (let n = 1; n <= 3; n += 1) expect(act(core, A, '1', n, n * SECOND)).toEqual([]);
}

describe('the judge of owners', () => {
  it('finds nothing where one owner follows the other', () => {
    const {core} = judge();
    first(core);
    ended(core, A, '1', 3.5 * SECOND);
    expect(fence(core, '2')).toBe(3);
    act(core, B, '2', 4, 4 * SECOND);
    act(core, B, '2', 5, 5 * SECOND);
    const report = core.finish();
    expect(report.overlaps).toEqual([]);
    expect([report.tokenDisorders, report.lost]).toEqual([[], []]);
    expect(report.checked).toEqual({accepted: 5, refused: 0, acknowledged: 3, entries: 5});
    expect(report.gaps).toHaveLength(4);
  });

  it('finds two owners by their guard passes, however late the reports come', () => {
    const {core} = judge();
    first(core);
    fence(core, '2');
    act(core, B, '2', 4, 2.5 * SECOND);
    const [overlap] = core.finish().overlaps;
    expect(overlap).toMatchObject({kind: 'acts', shard: 'app/s1', overlapMs: 500});
    expect([overlap?.older.owner, overlap?.newer.owner]).toEqual([A, B]);
  });

  it('finds one who acts while another still has the right and has not let go', () => {
    const {core} = judge();
    first(core);
    fence(core, '2');
    act(core, B, '2', 4, 4 * SECOND);
    expect(core.finish().overlaps).toMatchObject([{kind: 'right', overlapMs: 1_000}]);
  });

  it('believes an end that is told before the first effect, which takes its time to arrive', () => {
    const {core} = judge();
    fence(core, '1');
    ended(core, A, '1', 1.05 * SECOND);
    act(core, A, '1', 1, SECOND);
    fence(core, '2');
    act(core, B, '2', 2, 1.1 * SECOND);
    expect(core.finish().overlaps).toEqual([]);
  });

  it('finds one who acts again after it has told its end before its first effect', () => {
    const {core} = judge();
    fence(core, '1');
    ended(core, A, '1', 1.05 * SECOND);
    act(core, A, '1', 1, SECOND);
    act(core, A, '1', 2, 1.2 * SECOND);
    fence(core, '2');
    act(core, B, '2', 3, 1.3 * SECOND);
    expect(core.finish().overlaps).toMatchObject([{kind: 'right'}]);
  });

  it('finds one token in two hands', () => {
    const {core} = judge();
    first(core);
    ended(core, A, '1', 3.5 * SECOND);
    act(core, B, '1', 4, 9 * SECOND);
    expect(core.finish().overlaps).toMatchObject([{kind: 'one token'}]);
  });

  it('takes a shard that is given back under the same token for the same term', () => {
    const {core} = judge();
    first(core);
    ended(core, A, '1', 3.5 * SECOND);
    act(core, A, '1', 4, 6 * SECOND);
    fence(core, '2');
    act(core, B, '2', 5, 7 * SECOND);
    expect(core.finish().overlaps).toMatchObject([{kind: 'right'}]);
  });

  it('counts an effect that passed its guard in time and came late, apart from owners', () => {
    const {core} = judge();
    first(core);
    fence(core, '2');
    act(core, B, '2', 4, 8 * SECOND);
    expect(act(core, A, '1', 4, 3.2 * SECOND)).toEqual(['app/s1']);
    const {overlaps, naive, checked} = core.finish();
    expect(overlaps).toEqual([]);
    expect(naive).toMatchObject({late: 1, escapes: 1, mostAtOnce: 1});
    expect(checked.refused).toBe(1);
  });
});

describe('the judge of the log', () => {
  /** A log of two owners, and what was acknowledged of it. */
  function written(): {log: string; acknowledged: Acknowledged; lines: string[]} {
    const {core, log} = judge();
    first(core);
    ended(core, A, '1', 3.5 * SECOND);
    fence(core, '2');
    for (let n = 4; n <= 6; n += 1) act(core, B, '2', n, n * SECOND);
    core.finish();
    const acknowledged = new Acknowledged();
    for (let n = 1; n <= 6; n += 1)
      acknowledged.add({shard: 'app/s1', token: n < 4 ? '1' : '2', n});
    return {log, acknowledged, lines: readFileSync(log, 'utf8').trim().split('\n')};
  }

  function judged(change: (lines: string[]) => string[]): ReturnType<typeof judgeLog> {
    const {log, acknowledged, lines} = written();
    writeFileSync(log, change(lines).join('\n'));
    return judgeLog(log, acknowledged);
  }

  it('finds nothing in one that is whole', () => {
    expect(judged((lines) => lines)).toEqual({tokenDisorders: [], lost: [], entries: 6});
  });

  it.each([
    ['lost in the middle', (lines: string[]) => lines.filter((_, index) => index !== 1)],
    ['lost at the end', (lines: string[]) => lines.slice(0, -1)],
    ['written twice', (lines: string[]) => [...lines.slice(0, 2), ...lines.slice(1)]],
    ['all lost', () => []],
  ])('finds an acknowledged append that is %s', (_name, change) => {
    expect(judged(change).lost.length).toBeGreaterThan(0);
  });

  it('finds a token that goes back', () => {
    const swapped = judged((lines) => [
      ...lines.slice(0, 2),
      lines[3] ?? '',
      lines[2] ?? '',
      ...lines.slice(4),
    ]);
    expect(swapped.tokenDisorders.length).toBeGreaterThan(0);
  });
});

function report(
  judgeReport: JudgeReport,
  rules: {unlawful?: boolean; late?: boolean} = {},
): ChaosReport {
  const audit = new HistoryAudit({keys: new Keys('/sm', 's')});
  if (rules.unlawful === true) audit.apply(7, [{key: '/sm/app/a/own/s1', value: 'garbage'}]);
  return reportOf({
    ...{version: '3.5', seed: 1, minutes: 1, ttlMs: 5_000, shards: 1, containers: 2, nemeses: []},
    ...{command: 'npm run chaos', commit: 'abc', broken: [], auditFault: ''},
    faults: [
      {nemesis: 'killContainers', text: 'SIGKILL g0', targets: ['g0'], fromUs: 0, toUs: SECOND},
    ],
    convergences: [{tookMs: rules.late === true ? undefined : 10, boundMs: 25_000, heldUpMs: 0}],
    audit: audit.summary,
    judge: judgeReport,
  });
}

describe('the report', () => {
  it('says no violation only when there is none, and adds runs up', () => {
    const good = judge().core;
    first(good);
    const calm = report(good.finish());
    expect(textOf(calm)).toContain('no violation');
    const bad = judge().core;
    first(bad);
    act(bad, B, '2', 4, 2.5 * SECOND);
    const broken = report(bad.finish());
    expect(broken.violations).toHaveLength(1);
    expect(textOf(broken)).toContain('1 VIOLATIONS');
    const unlawful = report(judge().core.finish(), {unlawful: true, late: true});
    expect(unlawful.violations.map((text) => text.slice(0, 2))).toEqual(['C5', 'C6']);
    const sum = sumOf([calm, broken]);
    expect(sum).toContain('2 runs, 2.0 minutes, 2 faults, etcd 3.5');
    expect(sum).toContain('C1 overlaps: 1 of 7 guard passes');
    expect(sum).toContain('1 VIOLATIONS');
  });

  it('sorts gaps by who was touched', () => {
    const {core} = judge();
    first(core);
    act(core, A, '1', 4, 30 * SECOND);
    act(core, A, '1', 5, 60 * SECOND);
    const {gaps, longestGapMs} = report(core.finish());
    expect(gaps.affected.reduce((sum, count) => sum + count, 0)).toBe(3);
    expect(gaps.unaffected).toEqual([0, 0, 0, 0, 0, 0, 1, 0]);
    expect(longestGapMs.unaffected).toBe(30_000);
  });

  it('draws owners, faults and what broke a rule', () => {
    const {core} = judge();
    first(core);
    act(core, B, '2', 4, 2.5 * SECOND);
    const {timeline: terms, overlaps} = core.finish();
    const faults = [
      {nemesis: 'a<b', text: '"x"', targets: ['all'], fromUs: SECOND, toUs: 2 * SECOND},
    ];
    const svg = timelineSvg({title: 't', terms, faults, overlaps, rows: 4});
    expect(svg.match(/<title>/g)).toHaveLength(3);
    expect(svg).toContain('<circle');
    expect(svg).toContain('a&#60;b');
  });
});
