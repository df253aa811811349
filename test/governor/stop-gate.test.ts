/** Who may stop what: counts, leases, and what is not a reason against it. */
import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {checkStop, permitted, released} from '../../src/governor/stop-gate.ts';
import type {StopQuestion, StopSituation} from '../../src/governor/stop-gate.ts';
import type {ContainerState} from '../../src/model/container.ts';
import {unavailableLimit} from '../../src/model/stop-permission.ts';
import type {StopPermission} from '../../src/model/stop-permission.ts';
import {PERMISSION_CLOCK_SLACK_MS} from '../../src/model/limits.ts';

const NOW_MS = Date.parse('2026-01-02T03:04:05Z');
const LEASE = {reason: '', leaseMs: 60_000};

function living(states: Readonly<Record<string, ContainerState>>): StopSituation['living'] {
  return new Map(
    Object.entries(states).map(([id, state]) => [id, {incarnation: `${id}-1`, state}] as const),
  );
}

function situation(over: Partial<StopSituation> = {}): StopSituation {
  return {
    living: living({c1: 'ready', c2: 'ready', c3: 'ready'}),
    lost: new Set(),
    permissions: [],
    maxUnavailable: 0,
    unserved: [],
    isBreakerOpen: false,
    unknown: '',
    wallMs: NOW_MS,
    ...over,
  };
}

function ask(wanted: string[], over: Partial<StopQuestion> = {}): StopQuestion {
  return {wanted, holder: 'me', maxUnserved: 0, ...over};
}

const everyHome = () => [];

function rules(question: StopQuestion, over: Partial<StopSituation> = {}): string[] {
  return checkStop(question, situation(over), everyHome).objections.map(({rule}) => rule);
}

function given(container: string, over: Partial<StopPermission> = {}): StopPermission {
  return {
    ...{container, incarnation: `${container}-1`, holder: 'other', reason: ''},
    ...{at: '2026-01-02T03:04:00Z', until: '2026-01-02T03:09:00Z'},
    ...over,
  };
}

describe('a container may be stopped', () => {
  it('when all is well, one at a time', () => {
    expect(rules(ask(['c1']))).toEqual([]);
    expect(rules(ask(['c1', 'c2']))).toEqual(['unavailable']);
    expect(rules(ask(['c1', 'c2']), {maxUnavailable: 2})).toEqual([]);
  });

  it.each<ContainerState>(['silent', 'suspect', 'unreachable', 'refusing', 'leaving', 'draining'])(
    'not while another one is %s',
    (state) => {
      const verdict = checkStop(
        ask(['c1']),
        situation({living: living({c1: 'ready', c2: state, c3: 'ready'})}),
        everyHome,
      );
      expect(verdict.objections).toMatchObject([
        {rule: 'unavailable', count: 2, limit: 1, objects: ['c1', 'c2']},
      ]);
      expect(verdict.objections[0]?.text).toBe(
        `2 containers would be unavailable, at most 1 may be: c1 (asked for), c2 (${state})`,
      );
    },
  );

  it('not while another one is lost; a cordoned one serves', () => {
    expect(rules(ask(['c1']), {lost: new Set(['c9'])})).toEqual(['unavailable']);
    expect(rules(ask(['c1']), {living: living({c1: 'ready', c2: 'cordoned'})})).toEqual([]);
  });

  it('always, when it is away already: that makes nothing worse', () => {
    const states = living({c1: 'silent', c2: 'draining', c3: 'ready'});
    expect(rules(ask(['c1']), {living: states, isBreakerOpen: true})).toEqual([]);
    expect(rules(ask(['c9']), {lost: new Set(['c9', 'c8'])})).toEqual([]);
  });

  it('not while shards have no service, but for those that it has itself', () => {
    const unserved = [
      {shard: 's1', container: 'c1'},
      {shard: 's2', container: ''},
    ];
    const {objections} = checkStop(ask(['c1']), situation({unserved}), everyHome);
    expect(objections).toMatchObject([{rule: 'unserved', count: 1, limit: 0, objects: ['s2']}]);
    expect(rules(ask(['c1'], {maxUnserved: 1}), {unserved})).toEqual([]);
  });

  it('not when its shards would find no place; whoever is away is taken for gone', () => {
    const states = living({c1: 'ready', c2: 'silent', c3: 'draining', c4: 'unreachable'});
    const gone: string[][] = [];
    const homeless = (away: ReadonlySet<string>) => {
      gone.push([...away].sort());
      return [
        {shard: 's1', reason: 'capacity'},
        {shard: 's2', reason: 'pin-not-living'},
      ];
    };
    const all = situation({living: states, maxUnavailable: 5});
    const {objections} = checkStop(ask(['c1']), all, homeless);
    expect(objections).toMatchObject([{rule: 'place', count: 2, objects: ['s1', 's2']}]);
    expect(objections[0]?.text).toContain('(capacity, pin-not-living)');
    expect(gone).toEqual([['c1', 'c2']]);
    expect(checkStop(ask(['c1'], {maxUnserved: 2}), all, homeless).allowed).toBe(true);
    // What has no service already is of that number.
    const one = {...all, unserved: [{shard: 's9', container: 'c1'}]};
    expect(checkStop(ask(['c1'], {maxUnserved: 3}), one, homeless).allowed).toBe(true);
    expect(checkStop(ask(['c1'], {maxUnserved: 2}), one, homeless).objections).toMatchObject([
      {rule: 'place', count: 2, limit: 1},
    ]);
  });

  it('not while many were lost at once, nor while nobody knows what is served', () => {
    expect(rules(ask(['c1']), {isBreakerOpen: true})).toEqual(['losses']);
    expect(rules(ask(['c1']), {unknown: 'no write commits'})).toEqual(['unknown']);
  });
});

describe('a permission', () => {
  it('counts against others until its lease and the slack have ended', () => {
    const permissions = [given('c2')];
    const endMs = Date.parse('2026-01-02T03:09:00Z') + PERMISSION_CLOCK_SLACK_MS;
    expect(rules(ask(['c1']), {permissions})).toEqual(['unavailable']);
    expect(rules(ask(['c2']), {permissions})).toEqual(['permission']);
    expect(rules(ask(['c1']), {permissions, wallMs: endMs - 1})).toEqual(['unavailable']);
    expect(rules(ask(['c1']), {permissions, wallMs: endMs})).toEqual([]);
  });

  it('ends when its container has come back as another process that serves', () => {
    const permissions = [given('c2', {incarnation: 'before'})];
    expect(rules(ask(['c1']), {permissions})).toEqual([]);
    const starting = living({c1: 'ready', c2: 'unreachable'});
    expect(rules(ask(['c1']), {permissions, living: starting})).toEqual(['unavailable']);
    expect(rules(ask(['c2']), {permissions, living: starting})).toEqual(['permission']);
  });

  it('is renewed for its holder whatever happens meanwhile, and keeps its beginning', () => {
    const permissions = [given('c2', {holder: 'me'})];
    const stopping = situation({
      permissions,
      living: living({c1: 'ready', c2: 'leaving', c3: 'silent'}),
      unserved: [{shard: 's1', container: ''}],
    });
    expect(checkStop(ask(['c2']), stopping, everyHome).allowed).toBe(true);
    expect(permitted(ask(['c2']), stopping, LEASE)).toEqual([
      given('c2', {holder: 'me', until: '2026-01-02T03:05:05.000Z'}),
    ]);
    expect(checkStop(ask(['c1', 'c2']), stopping, everyHome).allowed).toBe(false);
  });

  it('that counts no more goes with the next one that is given', () => {
    const over = given('c2', {until: '2026-01-02T03:00:00Z'});
    const next = permitted(ask(['c1']), situation({permissions: [over]}), LEASE);
    expect(next.map(({container}) => container)).toEqual(['c1']);
  });

  it('is given back by its holder alone', () => {
    const permissions = [given('c1'), given('c2'), given('c3', {holder: 'me'})];
    const left = (holder: string, ids: string[]) =>
      released(permissions, holder, ids).map(({container}) => container);
    expect(left('other', ['c1', 'c3'])).toEqual(['c2', 'c3']);
    expect(left('other', [])).toEqual(['c3']);
  });
});

describe('permissions together', () => {
  it('never take more away than may be, whoever asks in whatever order', () => {
    const ids = ['c0', 'c1', 'c2', 'c3', 'c4', 'c5'];
    const states = living(Object.fromEntries(ids.map((id) => [id, 'ready'])));
    const question = fc.record({
      holder: fc.constantFrom('a', 'b', 'c'),
      wanted: fc.uniqueArray(fc.constantFrom(...ids), {minLength: 1, maxLength: 3}),
      giveBack: fc.boolean(),
      afterMs: fc.integer({min: 0, max: 20_000}),
    });
    fc.assert(
      fc.property(
        fc.array(question, {maxLength: 12}),
        fc.integer({min: 1, max: 3}),
        (all, most) => {
          let permissions: StopPermission[] = [];
          let wallMs = NOW_MS;
          for (const {holder, wanted, giveBack, afterMs} of all) {
            wallMs += afterMs;
            if (giveBack) permissions = released(permissions, holder, wanted);
            const now = situation({living: states, permissions, maxUnavailable: most, wallMs});
            const asked = ask(wanted, {holder});
            if (!checkStop(asked, now, everyHome).allowed) continue;
            permissions = permitted(asked, now, {reason: '', leaseMs: 10_000});
            const counting = permissions.filter(({until}) => Date.parse(until) > wallMs);
            expect(counting.length).toBeLessThanOrEqual(most);
            expect(new Set(counting.map(({container}) => container)).size).toBe(counting.length);
          }
        },
      ),
    );
  });

  it.each([
    [0, 3, 1],
    [0, 25, 2],
    [4, 25, 4],
  ])('limit %s of %i containers: %i', (said, containers, most) => {
    expect(unavailableLimit(said, containers)).toBe(most);
  });
});
