/** The layout of keys: every builder has one inverse, and no name makes a key of something else. */
import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {Keys, decodeShard, encodeShard} from '../../src/etcd/keys.ts';
import type {ParsedKey} from '../../src/etcd/keys.ts';
import {nameProblem, shardIdProblem} from '../../src/model/ids.ts';
import {hostileNames} from './hostile-names.ts';

const RUNS = 2_000;
const keys = new Keys('/sm', 'sm.self');

/** Names as allowed, with a leaning to those that look like parts of the layout. */
const LAYOUT_WORDS = ['service', 'shard', 'spec', 'own', 'hb', 'id', 's', 'lease', 'guard', 'app'];
const name = fc.oneof(
  fc.constantFrom(...LAYOUT_WORDS, 'sm.self', 'leader', 'cluster', 'workerpool', 'container'),
  fc
    .stringMatching(/^[A-Za-z0-9]([A-Za-z0-9._:-]{0,20}[A-Za-z0-9])?$/)
    .filter((text) => nameProblem('app', text) === undefined),
);
const container = fc.oneof(name, fc.constantFrom('[::1]:8080', '10.0.0.1:80', 'pod-1'));
const shard = fc.oneof(
  fc.constantFrom('a/b', '%2F', '%', '..', '.', '/', 'ä', '💡', 'a b', '"', '\\'),
  fc.string({unit: 'binary', maxLength: 40}).filter((id) => shardIdProblem(id) === undefined),
);
const incarnation = fc.stringMatching(/^[0-9a-f]{32}$/);
const round = fc.stringMatching(/^[0-9A-Za-z-]{1,64}$/);
const lease = fc.stringMatching(/^[1-9a-f][0-9a-f]{0,15}$/);

const parsed: fc.Arbitrary<ParsedKey> = fc.oneof(
  fc.record({kind: fc.constant('appSpec' as const), app: name}),
  fc.record({kind: fc.constant('shardSpec' as const), app: name, shard}),
  fc.record({kind: fc.constant('worker' as const), app: name, workerGroup: name, container}),
  fc.record({kind: fc.constant('containerOrder' as const), app: name, container}),
  fc.record({kind: fc.constant('containerOverride' as const), app: name, container}),
  fc.constant({kind: 'leader'} as const),
  fc.constant({kind: 'cluster'} as const),
  fc.record({kind: fc.constant('heartbeat' as const), app: name, incarnation}),
  fc.record({kind: fc.constant('containerId' as const), app: name, container}),
  fc.record({kind: fc.constant('ownership' as const), app: name, shard}),
  fc.record({kind: fc.constant('governedBy' as const), app: name}),
  fc.record({kind: fc.constant('status' as const), app: name}),
  fc.record({kind: fc.constant('load' as const), app: name, part: fc.integer({min: 0, max: 9})}),
  fc.record({kind: fc.constant('moves' as const), app: name, round}),
  fc.record({kind: fc.constant('events' as const), app: name, round}),
  fc.record({kind: fc.constant('applyMarker' as const), app: name}),
  fc.record({kind: fc.constant('stopPermissions' as const), app: name}),
  fc.record({
    kind: fc.constant('audit' as const),
    id: fc.stringMatching(/^[0-9]{19}-[0-9a-z]{6}$/),
  }),
  fc.record({kind: fc.constant('pushSession' as const), app: name, container, lease}),
  fc.record({kind: fc.constant('leaseGuard' as const), app: name}),
  fc.record({kind: fc.constant('pushShard' as const), app: name, container, shard}),
  fc.record({
    kind: fc.constant('originLeader' as const),
    app: fc.constant(keys.service),
    lease,
  }),
);

function build(layout: Keys, what: ParsedKey): string {
  switch (what.kind) {
    case 'appSpec':
      return layout.appSpec(what.app);
    case 'shardSpec':
      return layout.shardSpec(what.app, what.shard);
    case 'worker':
      return layout.worker(what.app, what.workerGroup, what.container);
    case 'containerOrder':
      return layout.containerOrder(what.app, what.container);
    case 'containerOverride':
      return layout.containerOverride(what.app, what.container);
    case 'heartbeat':
      return layout.heartbeat(what.app, what.incarnation);
    case 'containerId':
      return layout.containerId(what.app, what.container);
    case 'ownership':
      return layout.ownership(what.app, what.shard);
    case 'load':
      return layout.load(what.app, what.part);
    case 'moves':
      return layout.moves(what.app, what.round);
    case 'events':
      return layout.events(what.app, what.round);
    case 'audit':
      return layout.audit(what.id);
    case 'pushSession':
      return layout.pushSession(what.app, what.container, what.lease);
    case 'pushShard':
      return layout.pushShard(what.app, what.container, what.shard);
    case 'originLeader':
      return layout.originLeader(what.lease);
    case 'leader':
    case 'cluster':
    case 'usage':
      return layout[what.kind]();
    default:
      return layout[what.kind](what.app);
  }
}

describe('builders and parse', () => {
  it('are the inverse of each other', () => {
    fc.assert(
      fc.property(parsed, (what) => {
        expect(keys.parse(build(keys, what))).toEqual(what);
      }),
      {numRuns: RUNS},
    );
  });

  it('make two keys of two things', () => {
    fc.assert(
      fc.property(parsed, parsed, (one, other) => {
        const same = JSON.stringify(one) === JSON.stringify(other);
        expect(build(keys, one) === build(keys, other)).toBe(same);
      }),
      {numRuns: RUNS},
    );
  });

  it('agree on any key at all: what parses is built again letter by letter', () => {
    const segment = fc.oneof(
      name,
      shard.map(encodeShard),
      fc.constantFrom('', ...LAYOUT_WORDS),
      fc.string({maxLength: 4}),
    );
    const key = fc.array(segment, {maxLength: 7}).map((parts) => `/sm/app/${parts.join('/')}`);
    let understood = 0;
    fc.assert(
      fc.property(key, (text) => {
        const what = keys.parse(text);
        if (what === undefined) return;
        understood += 1;
        expect(build(keys, what)).toBe(text);
      }),
      {numRuns: 20_000},
    );
    expect(understood).toBeGreaterThan(0);
  });

  it('know nothing of other prefixes and services', () => {
    fc.assert(
      fc.property(parsed, (what) => {
        expect(new Keys('/smx', 'sm.self').parse(build(keys, what))).toBeUndefined();
        expect(new Keys('/s', 'sm.self').parse(build(keys, what))).toBeUndefined();
      }),
    );
    const stranger = new Keys('/sm', 'other');
    expect(stranger.parse(keys.appSpec('a'))).toBeUndefined();
    expect(stranger.parse(keys.leader())).toBeUndefined();
  });

  it('take no notice of slashes at the end of the prefix', () => {
    expect(new Keys('/sm//', 'x').appSpec('a')).toBe(new Keys('/sm', 'x').appSpec('a'));
  });

  it('keep the layout of the origin', () => {
    expect(keys.appSpec('a')).toBe('/sm/app/sm.self/service/a/spec');
    expect(keys.shardSpec('a', '1')).toBe('/sm/app/sm.self/service/a/shard/1');
    expect(keys.worker('a', 'w', 'h:1')).toBe('/sm/app/sm.self/service/a/workerpool/w/h:1');
    expect(keys.governedShard('a')).toBe('/sm/app/sm.self/service/sm.self/shard/a');
    expect(keys.leader()).toBe('/sm/app/sm.self/leader');
    expect(keys.pushSession('a', 'h:1', '7f')).toBe('/sm/app/a/containerhb/h:1/7f');
    expect(keys.leaseGuard('a')).toBe('/sm/app/a/lease/guard');
    expect(keys.pushShard('a', 'h:1', '1')).toBe('/sm/app/a/s/h:1/1');
  });
});

describe('prefixes', () => {
  const owned = (app: string): string[] => [
    keys.appSpecPrefix(app),
    keys.shardSpecPrefix(app),
    keys.workerPrefix(app),
    keys.containerOrderPrefix(app),
    keys.containerOverridePrefix(app),
    keys.heartbeatPrefix(app),
    keys.containerIdPrefix(app),
    keys.ownershipPrefix(app),
    keys.movesPrefix(app),
    keys.pushSessionPrefix(app),
    keys.pushShardPrefix(app),
  ];

  it('of one app hold no key of another', () => {
    fc.assert(
      fc.property(name, parsed, (app, what) => {
        if (!('app' in what) || what.app === app) return;
        const key = build(keys, what);
        for (const prefix of owned(app)) expect(key.startsWith(prefix)).toBe(false);
      }),
      {numRuns: RUNS},
    );
  });

  it('of what changes often hold nothing that watchers of specs and records read', () => {
    const app = 'orders';
    for (const often of [keys.heartbeatPrefix(app), keys.pushSessionPrefix(app)]) {
      for (const read of [keys.servicesPrefix(), keys.ownershipPrefix(app)]) {
        expect(often.startsWith(read) || read.startsWith(often)).toBe(false);
      }
    }
  });

  it('hold all that a container of the app may write, in one', () => {
    const mine = [
      keys.heartbeatPrefix('a'),
      keys.containerIdPrefix('a'),
      keys.ownershipPrefix('a'),
    ];
    for (const prefix of mine) expect(prefix.startsWith(keys.appRuntimePrefix('a'))).toBe(true);
    expect(keys.servicesPrefix().startsWith(keys.appRuntimePrefix('a'))).toBe(false);
  });
});

describe('shard ids', () => {
  it('come back from their encoding, which holds no slash', () => {
    fc.assert(
      fc.property(shard, (id) => {
        const segment = encodeShard(id);
        expect(segment).toMatch(/^([A-Za-z0-9_:-]|%[0-9A-F]{2})+$/);
        expect(decodeShard(segment)).toBe(id);
      }),
      {numRuns: RUNS},
    );
  });

  it.each(['%2f', '%', '%4', '%41', 'a/b', 'ä', '%FF', '%C0%AF', '%ED%A0%80', 'a%', '%%'])(
    'are not read from %j, which no encoding makes',
    (segment) => {
      expect(decodeShard(segment)).toBeUndefined();
    },
  );
});

describe('hostile names', () => {
  it('are 300 at least', () => {
    expect(new Set(hostileNames).size).toBeGreaterThanOrEqual(300);
  });

  it('are refused as names of apps, containers and groups, all of them', () => {
    for (const kind of ['app', 'container', 'group', 'worker group', 'service'] as const)
      for (const hostile of hostileNames) expect(nameProblem(kind, hostile), hostile).toBeDefined();
  });

  it('are refused as shard ids, or make one segment that comes back', () => {
    const kept = hostileNames.filter((hostile) => shardIdProblem(hostile) === undefined);
    expect(kept).toContain('../../leader');
    for (const id of kept) {
      const key = keys.ownership('a', id);
      expect(key.split('/')).toHaveLength(6);
      expect(keys.parse(key)).toEqual({kind: 'ownership', app: 'a', shard: id});
    }
    expect(new Set(kept.map(encodeShard)).size).toBe(new Set(kept).size);
  });

  it('are not keys of their own when they stand in one unencoded', () => {
    for (const hostile of hostileNames) {
      const found = keys.parse(`/sm/app/a/own/${hostile}`);
      if (found !== undefined) expect(build(keys, found)).toBe(`/sm/app/a/own/${hostile}`);
      expect(keys.parse(`/sm/app/${hostile}/status`)).toBeUndefined();
    }
  });
});
