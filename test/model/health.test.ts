import {describe, expect, it} from 'vitest';
import {appHealth, clusterHealth, isWell, leaderLives} from '../../src/model/health.ts';
import type {AppFigures} from '../../src/model/health.ts';

const shards = {total: 3, ready: 3, unplaced: 0, unknown: 0, failed: 0, quarantined: 0};
const app = (over: Partial<AppFigures> = {}): AppFigures => ({
  ...{
    unknownSince: '',
    deleting: false,
    paused: false,
    settled: true,
    shards,
    containers: {ready: 2},
    alarms: [],
  },
  ...over,
});
const cluster = (...apps: AppFigures[]) =>
  clusterHealth({leader: true, daemons: {ready: 1}, alarms: [], apps, unknownSince: ''});

describe('the health of an app', () => {
  it('is OK when all shards are ready and nothing is left to do', () => {
    expect(appHealth(app())).toBe('OK');
    expect(appHealth(app({settled: false}))).toBe('MOVING');
    expect(appHealth(app({shards: {...shards, ready: 2}}))).toBe('MOVING');
  });

  it('is OK without shards, before a plan was made, too: nothing moves', () => {
    const none = app({settled: false, shards: {...shards, total: 0, ready: 0}});
    expect(appHealth(none)).toBe('OK');
    expect(cluster(none)).toBe('OK');
  });

  it.each([
    ['unplaced shards', {shards: {...shards, ready: 0, unplaced: 3}}],
    ['failed shards', {shards: {...shards, ready: 2, failed: 1}}],
    ['unreadable shards', {shards: {...shards, ready: 2, quarantined: 1}}],
    ['an alarm', {alarms: ['BRAKE']}],
    ['a suspect container', {containers: {ready: 1, suspect: 1}}],
    ['a silent container', {containers: {ready: 1, silent: 1}}],
    ['a lost container', {containers: {ready: 1, lost: 1}}],
    ['an unreachable container', {containers: {ready: 1, unreachable: 1}}],
  ])('is TROUBLE with %s, and no pause masks it', (_what, over) => {
    expect(appHealth(app(over))).toBe('TROUBLE');
    expect(appHealth(app({...over, paused: true}))).toBe('TROUBLE');
    expect(cluster(app(), app(over))).toBe('TROUBLE');
  });

  it('is UNKNOWN while no write commits, whatever was last written', () => {
    const unknownSince = '2026-01-01';
    expect(appHealth(app({unknownSince}))).toBe('UNKNOWN');
    expect(appHealth(app({unknownSince, deleting: true, alarms: ['BRAKE']}))).toBe('UNKNOWN');
  });

  it('is PAUSED or REMOVING by what operators have asked for', () => {
    expect(appHealth(app({paused: true, settled: false}))).toBe('PAUSED');
    expect(appHealth(app({paused: true, shards: {...shards, ready: 0}}))).toBe('MOVING');
    expect(appHealth(app({deleting: true, shards: {...shards, unplaced: 1}}))).toBe('REMOVING');
  });
});

describe('the health of the cluster', () => {
  it('is that of its worst part', () => {
    expect(cluster()).toBe('OK');
    expect(cluster(app(), app({settled: false}))).toBe('MOVING');
    expect(cluster(app({paused: true, settled: false}))).toBe('OK');
    const parts = {leader: true, daemons: {ready: 1}, alarms: [], apps: [app()], unknownSince: ''};
    expect(clusterHealth({...parts, leader: false})).toBe('NO LEADER');
    expect(clusterHealth({...parts, daemons: {ready: 1, silent: 1}})).toBe('TROUBLE');
    expect(clusterHealth({...parts, alarms: ['STORE_RESTORED']})).toBe('TROUBLE');
    expect(clusterHealth({...parts, unknownSince: '2026-01-01'})).toBe('UNKNOWN');
  });
});

describe('the leader', () => {
  const leader = {container: 'd1', incarnation: 'd1-1'};
  it('lives as long as its daemon has a heartbeat and is heard', () => {
    expect(leaderLives(null, [])).toBe(false);
    expect(leaderLives(leader, [])).toBe(false);
    for (const state of ['ready', 'suspect', 'draining', 'unknown'])
      expect(leaderLives(leader, [{incarnation: 'd1-1', state}])).toBe(true);
    for (const state of ['lost', 'silent'])
      expect(leaderLives(leader, [{incarnation: 'd1-1', state}])).toBe(false);
    expect(leaderLives(leader, [{incarnation: 'd1-2', state: 'ready'}])).toBe(false);
  });
});

it('what an operator may sleep on is not an exit code', () => {
  expect(['OK', 'MOVING', 'PAUSED', 'REMOVING'].every((health) => isWell(health as 'OK'))).toBe(
    true,
  );
  for (const health of ['TROUBLE', 'NO LEADER', 'UNKNOWN'] as const)
    expect(isWell(health)).toBe(false);
});
