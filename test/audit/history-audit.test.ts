/** Every rule of the audit, broken once, after a history that is lawful. */
import {describe, expect, it} from 'vitest';
import {HistoryAudit} from '../../src/audit/history-audit.ts';
import type {Change} from '../../src/audit/history-audit.ts';
import {Keys} from '../../src/etcd/keys.ts';
import type {OwnershipRecord} from '../../src/model/ownership.ts';
import {formatToken} from '../../src/model/token.ts';

const keys = new Keys('/sm', 'sm.test');
const S = keys.service;
const APP = 'orders';
const MOVE = {id: 'm1', from: '', to: 'c1', why: '', startedAt: ''};

function beat(container: string, nonce: string, state = 'ready', more: object = {}): string {
  return JSON.stringify({v: 1, container, seq: 1, nonce, ttlMs: 3_000, state, ...more});
}

function own(state: OwnershipRecord['state'], incarnation: string, more: object = {}): string {
  const base = {v: 1, state, container: `c-${incarnation}`, incarnation, token: '', ready: false};
  return JSON.stringify({...base, move: MOVE, failures: 0, lastError: '', ...more});
}

function holder(incarnation: string): string {
  return JSON.stringify({v: 1, incarnation});
}

function cluster(more: object = {}): string {
  return JSON.stringify({v: 1, epoch: 2, clusterId: 'etcd-1', maxRevision: 10, ...more});
}

function put(key: string, value: string): Change {
  return {key, value};
}

function del(key: string): Change {
  return {key, value: undefined};
}

function token(revision: number, epoch = 2): string {
  return formatToken({epoch, revision});
}

const s1 = keys.ownership(APP, 's1');
const hbX = keys.heartbeat(APP, 'X');
const hbY = keys.heartbeat(APP, 'Y');

/** A daemon that leads and governs; X owns s1 by the claim of revision 11; Y waits for nothing; s2 is free, s3 is assigned to Y. */
const LAWFUL: readonly (readonly Change[])[] = [
  [put(keys.cluster(), cluster())],
  [put(keys.heartbeat(S, 'D'), beat('d1', 'n1', 'waiting'))],
  [put(keys.containerId(S, 'd1'), holder('D'))],
  [put(keys.heartbeat(S, 'D'), beat('d1', 'n2'))],
  [put(keys.leader(), JSON.stringify({v: 1, containerId: 'd1', incarnation: 'D', createTime: 1}))],
  [
    put(keys.appSpec(APP), '{"service":"orders"}'),
    put(keys.shardSpec(S, APP), '{"id":"orders"}'),
    put(keys.shardSpec(APP, 's1'), '{"id":"s1"}'),
    put(keys.shardSpec(APP, 's2'), '{"id":"s2"}'),
    put(keys.shardSpec(APP, 's3'), '{"id":"s3"}'),
  ],
  [put(keys.ownership(S, APP), own('assigned', 'D'))],
  [put(keys.ownership(S, APP), own('owned', 'D', {ready: true}))],
  [put(hbX, beat('c-X', 'n1', 'waiting')), put(hbY, beat('c-Y', 'n1', 'waiting'))],
  [
    put(s1, own('assigned', 'X')),
    put(keys.ownership(APP, 's2'), own('assigned', 'Y')),
    put(keys.containerId(APP, 'c-X'), holder('X')),
    put(keys.containerId(APP, 'c-Y'), holder('Y')),
  ],
  [put(s1, own('owned', 'X')), put(keys.ownership(APP, 's2'), own('owned', 'Y'))],
  [put(s1, own('owned', 'X', {ready: true, token: token(11)}))],
  [
    put(keys.ownership(APP, 's2'), own('free', 'Y', {failures: 1})),
    put(keys.status(APP), '{}'),
    put(hbX, beat('c-X', 'n2')),
    put(hbY, beat('c-Y', 'n2')),
  ],
  [put(keys.ownership(APP, 's3'), own('assigned', 'Y'))],
];

function audited(...more: (readonly Change[])[]): HistoryAudit {
  const audit = new HistoryAudit({keys});
  [...LAWFUL, ...more].forEach((changes, index) => audit.apply(index + 1, changes));
  return audit;
}

function eventsOf(app: string): string {
  return `${keys.eventsPrefix(app)}00001795864510-0001`;
}

const OFFICE_LOST = [put(keys.ownership(S, APP), own('dropping', 'D', {token: token(8)}))];
/** Of an id: an operator has evicted X. */
const NOTED = JSON.stringify({v: 1, incarnation: '', evicted: 'X'});
const EVICTED = [del(hbX), del(keys.containerId(APP, 'c-X'))];

/** Name of the rule, the write that breaks it, and what came before that write. */
const BROKEN: readonly (readonly [
  rule: string,
  write: readonly Change[],
  before?: readonly (readonly Change[])[],
])[] = [
  ['taken from a holder that lives', [put(s1, own('assigned', 'Y'))]],
  [
    'assigned by a daemon that does not govern',
    [put(s1, own('assigned', 'Y'))],
    [EVICTED, OFFICE_LOST],
  ],
  ['assigned to a container that does not exist', [put(s1, own('assigned', 'Z'))], [EVICTED]],
  ['assigned with a token or ready', [put(s1, own('assigned', 'Y', {ready: true}))], [EVICTED]],
  [
    'asked to drop by a daemon that does not govern',
    [put(s1, own('dropping', 'X', {token: token(11)}))],
    [OFFICE_LOST],
  ],
  ['dropping after free', [put(keys.ownership(APP, 's2'), own('dropping', 'Y'))]],
  ['dropping changes the holder', [put(s1, own('dropping', 'Y', {token: token(11)}))]],
  ['dropping changes the token', [put(s1, own('dropping', 'X', {token: token(12)}))]],
  [
    'recalled by a daemon that does not govern',
    [put(keys.ownership(APP, 's3'), own('free', 'Y'))],
    [OFFICE_LOST],
  ],
  ['freed twice', [put(keys.ownership(APP, 's2'), own('free', 'Y'))]],
  ['freeing changes the holder', [put(s1, own('free', 'Y', {token: token(11)}))]],
  ['owned without a record before it', [put(keys.ownership(APP, 's9'), own('owned', 'X'))]],
  [
    'claimed by a container that does not exist',
    [put(keys.ownership(APP, 's3'), own('owned', 'Y'))],
    [[del(hbY), del(keys.containerId(APP, 'c-Y'))]],
  ],
  [
    'claimed by another than it was assigned to',
    [put(keys.ownership(APP, 's3'), own('owned', 'X'))],
  ],
  ['claimed with a token', [put(keys.ownership(APP, 's3'), own('owned', 'Y', {token: token(14)}))]],
  ['claimed ready', [put(keys.ownership(APP, 's3'), own('owned', 'Y', {ready: true}))]],
  [
    'the claim changes other fields of the record',
    [put(keys.ownership(APP, 's3'), own('owned', 'Y', {failures: 7}))],
  ],
  ['owned after free', [put(keys.ownership(APP, 's2'), own('owned', 'Y'))]],
  ['the token changed', [put(s1, own('owned', 'X', {ready: true, token: token(12)}))]],
  ['deleted while its spec exists', [del(keys.ownership(APP, 's2'))]],
  ['deleted while its holder lives', [del(s1)], [[del(keys.shardSpec(APP, 's1'))]]],
  [
    'deleted by a daemon that does not govern',
    [del(s1)],
    [[del(keys.shardSpec(APP, 's1'))], EVICTED, OFFICE_LOST],
  ],
  [
    'the token is not the revision of the claim',
    [put(keys.ownership(APP, 's3'), own('owned', 'Y', {ready: true, token: token(14)}))],
    [[put(keys.ownership(APP, 's3'), own('owned', 'Y'))]],
  ],
  [
    'a token of an epoch that has not begun',
    [put(keys.ownership(APP, 's3'), own('owned', 'Y', {ready: true, token: token(15, 3)}))],
    [[put(keys.ownership(APP, 's3'), own('owned', 'Y'))]],
  ],
  [
    'not a valid token',
    [put(keys.ownership(APP, 's3'), own('owned', 'Y', {ready: true, token: '15'}))],
    [[put(keys.ownership(APP, 's3'), own('owned', 'Y'))]],
  ],
  [
    'tokens do not grow',
    [put(s1, own('owned', 'Y', {ready: true, token: token(17, 1)}))],
    [EVICTED, [put(s1, own('assigned', 'Y'))], [put(s1, own('owned', 'Y'))]],
  ],
  ['a value that cannot be read', [put(s1, 'garbage')]],
  ['the container of an incarnation changes', [put(hbX, beat('c-Y', 'n3'))]],
  ['T of an incarnation changes', [put(hbX, beat('c-X', 'n3', 'ready', {ttlMs: 9_000}))]],
  ['state waiting after ready under one incarnation', [put(hbX, beat('c-X', 'n3', 'waiting'))]],
  [
    'state ready after evicting under one incarnation',
    [put(hbX, beat('c-X', 'n3'))],
    [[put(hbX, beat('c-X', 'n2', 'evicting'))]],
  ],
  ['renewed without a new nonce', [put(hbX, beat('c-X', 'n2'))]],
  ['registers as ready', [put(keys.heartbeat(APP, 'Z'), beat('c-Z', 'n1'))]],
  [
    'an incarnation comes back after its heartbeat was deleted',
    [put(hbX, beat('c-X', 'n3', 'waiting'))],
    [EVICTED],
  ],
  ['the heartbeat of an owner is deleted and nobody governs the app', EVICTED, [OFFICE_LOST]],
  ['an id is deleted while its holder lives', [del(keys.containerId(APP, 'c-X'))]],
  ['an id is deleted while its holder lives', [put(keys.containerId(APP, 'c-X'), NOTED)]],
  [
    'an id is taken by an incarnation that is not a living one of this container',
    [put(keys.containerId(APP, 'c-X'), holder('Y'))],
  ],
  [
    'an id is taken from an incarnation that lives',
    [put(keys.containerId(APP, 'c-X'), holder('X2'))],
    [[put(keys.heartbeat(APP, 'X2'), beat('c-X', 'n1', 'waiting'))]],
  ],
  [
    'the leader key is overwritten',
    [put(keys.leader(), JSON.stringify({v: 1, containerId: 'd2', incarnation: 'D'}))],
  ],
  [
    'a daemon without heartbeat leads',
    [put(keys.leader(), JSON.stringify({v: 1, containerId: 'd2', incarnation: 'E'}))],
    [[del(keys.leader())]],
  ],
  ['the cluster record is deleted', [del(keys.cluster())]],
  ['the epoch goes back', [put(keys.cluster(), cluster({epoch: 1}))]],
  ['another etcd cluster within one epoch', [put(keys.cluster(), cluster({clusterId: 'etcd-2'}))]],
  [
    'the newest revision goes back within one epoch',
    [put(keys.cluster(), cluster({maxRevision: 9}))],
  ],
  ['status written and nobody governs the app', [put(keys.status(APP), '{}')], [OFFICE_LOST]],
  ['events written and nobody governs the app', [put(eventsOf(APP), '[]')], [OFFICE_LOST]],
];

describe('the audit of a history', () => {
  it('finds nothing in a lawful one, and counts what it saw', () => {
    const {unlawful, findings, transitions, revisions} = audited().summary;
    expect(findings).toEqual([]);
    expect(unlawful).toBe(0);
    expect(revisions).toBe(LAWFUL.length);
    expect(transitions).toEqual({
      'cluster note': 1,
      'heartbeat ready': 3,
      'heartbeat register': 3,
      'id take': 3,
      'leader elect': 1,
      'own assign': 4,
      'own claim': 3,
      'own free': 1,
      'own ready': 1,
    });
  });

  it.each(BROKEN.map(([rule, write, before = []]) => ({rule, write, before})))(
    'finds: $rule',
    ({rule, write, before}) => {
      const prepared = audited(...before);
      expect(prepared.summary.findings).toEqual([]);
      const found = prepared.apply(LAWFUL.length + before.length + 1, write);
      expect(found.map((one) => one.rule)).toContain(rule);
      expect(found[0]?.revision).toBe(LAWFUL.length + before.length + 1);
    },
  );

  it('finds nothing in eviction, removal, an order to evict, a new epoch', () => {
    const audit = audited(
      [put(hbY, beat('c-Y', 'n2', 'evicting'))],
      EVICTED,
      [put(s1, own('assigned', 'Y'))],
      [put(s1, own('owned', 'Y'))],
      [put(s1, own('owned', 'Y', {ready: true, token: token(18)}))],
      [put(s1, own('dropping', 'Y', {token: token(18)}))],
      [put(s1, own('free', 'Y', {token: token(18)}))],
      [del(keys.shardSpec(APP, 's1'))],
      [del(s1)],
      [put(keys.cluster(), cluster({epoch: 3, clusterId: 'etcd-2', maxRevision: 1}))],
      [del(keys.leader()), del(keys.heartbeat(S, 'D'))],
    );
    expect(audit.summary.findings).toEqual([]);
  });

  it('finds nothing in a push container that is registered again in the same session', () => {
    const key = keys.heartbeat(APP, 'ab-7');
    const proxy = (nonce: string): string =>
      JSON.stringify({...(JSON.parse(beat('c-P', nonce)) as object), sdk: 'push'});
    const audit = audited([put(key, proxy('n1'))], [del(key)], [put(key, proxy('n2'))]);
    expect(audit.summary.findings).toEqual([]);
  });

  it('finds nothing in an eviction by an operator of which the id tells, nor in who takes the id then', () => {
    const id = keys.containerId(APP, 'c-X');
    const audit = audited(
      [put(hbX, beat('c-X', 'n1', 'evicting'))],
      [del(hbX), put(id, NOTED)],
      [put(keys.heartbeat(APP, 'X2'), beat('c-X', 'n1', 'waiting'))],
      [put(id, JSON.stringify({v: 1, incarnation: 'X2', evicted: 'X'}))],
    );
    expect(audit.summary.findings).toEqual([]);
  });

  it('finds nothing in what a daemon notes of an outage or a lost leader while nobody leads', () => {
    const audit = audited([del(keys.leader())], [put(eventsOf(S), '[]')]);
    expect(audit.summary.findings).toEqual([]);
  });

  it('takes over what an import writes and what a newer version wrote, without judging it', () => {
    const imported = audited(
      [put(keys.cluster(), cluster({epoch: 3, importing: true}))],
      [put(s1, own('owned', 'Z', {token: token(3, 1)})), del(hbX)],
      [put(keys.cluster(), cluster({epoch: 3, clusterId: 'etcd-2'}))],
    );
    expect(imported.summary.findings).toEqual([]);
    expect(imported.summary.notJudged).toBe(4);
    const newer = audited(
      [put(s1, JSON.stringify({v: 2}))],
      [put(s1, own('owned', 'X', {ready: true, token: token(11)}))],
    );
    expect(newer.summary.findings).toEqual([]);
    expect(newer.summary.notJudged).toBe(2);
  });

  it('begins in the middle from what stands there', () => {
    const whole = audited();
    const values = new Map<string, {value: string; mod: number}>();
    LAWFUL.forEach((changes, index) => {
      for (const {key, value} of changes) values.set(key, {value: value ?? '', mod: index + 1});
    });
    const later = new HistoryAudit({keys});
    later.seed([...values].map(([key, {value, mod}]) => ({key, value, mod})));
    expect(new Map(later.living())).toEqual(new Map(whole.living()));
    expect(later.apply(20, [put(s1, own('assigned', 'Y'))])).toHaveLength(1);
    expect(later.apply(21, [put(s1, own('free', 'Y'))])).toEqual([]);
  });

  it('speaks of one app and who governs it when asked to', () => {
    const audit = new HistoryAudit({keys, app: 'payments'});
    LAWFUL.forEach((changes, index) => audit.apply(index + 1, changes));
    expect(audit.apply(20, [put(s1, own('assigned', 'Y'))])).toEqual([]);
    expect(audit.summary.transitions['own claim']).toBeUndefined();
    expect(audit.apply(21, [put(keys.cluster(), cluster({epoch: 1}))])).toHaveLength(1);
  });

  it('keeps the first findings and counts all', () => {
    const audit = new HistoryAudit({keys, findingsKept: 2});
    for (let revision = 1; revision <= 5; revision += 1)
      audit.apply(revision, [put(keys.ownership(APP, `s${revision}`), own('owned', 'X'))]);
    expect(audit.summary.unlawful).toBe(5);
    expect(audit.summary.findings.map(({revision}) => revision)).toEqual([1, 2]);
  });
});
