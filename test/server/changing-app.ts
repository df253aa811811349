/** An app that changes at random, as readers see it. */
import fc from 'fast-check';
import type {AppListing} from '../../src/appview/listing.ts';
import {AppView} from '../../src/appstate/app-view.ts';
import type {AppChange} from '../../src/model/change.ts';
import type {OwnershipRecord} from '../../src/model/ownership.ts';
import type {PlacementPolicy} from '../../src/model/placement-policy.ts';
import {heartbeat, ownership, status} from './admin/fixture.ts';

const APP = 'orders';
const OLD = '2020-01-01T00:00:00.000Z';

/** An app that changes. */
export class Changing {
  view = new AppView();
  loads = new Map<string, readonly (number | null)[]>();
  refusing: readonly string[] = [];
  private mod = 0;

  apply(change: (at: {mod: number; create: number}) => AppChange): void {
    this.mod += 1;
    this.view.apply(change({mod: this.mod, create: this.mod}));
  }

  spec(placement: PlacementPolicy, more: {maxShardCount?: number; paused?: boolean} = {}): void {
    const value = {service: APP, createTime: 1, maxShardCount: 0, maxRecoveryTime: 1, ...more};
    this.apply((at) => ({
      ...{kind: 'spec', mod: at.mod},
      entry: {...at, value: {...value, placement}},
    }));
  }

  join(container: string, incarnation: string, zone = ''): void {
    const limits = {qps: 40};
    const value = heartbeat(container, {zone, ...(container === 'c3' ? {limits} : {})});
    this.apply((at) => ({kind: 'heartbeat', mod: at.mod, incarnation, entry: {...at, value}}));
    this.apply(({mod}) => ({kind: 'id', mod, container, incarnation}));
  }

  end(incarnation: string): void {
    this.apply(({mod}) => ({kind: 'heartbeat', mod, incarnation, entry: undefined}));
  }

  shard(shard: string, over: object | undefined): void {
    const blank = {task: '', updateTime: 1, manualContainerId: '', group: '', workerGroup: ''};
    this.apply((at) => ({
      ...{kind: 'shard', mod: at.mod, shard},
      entry: over && {...at, value: {id: shard, service: APP, ...blank, ...over}},
    }));
  }

  own(shard: string, over: Partial<OwnershipRecord> | undefined): void {
    this.apply((at) => ({
      ...{kind: 'own', mod: at.mod, shard},
      entry: over && {...at, value: ownership(over)},
    }));
  }

  order(container: string, order: 'drain' | 'cordon' | undefined): void {
    const value = {
      order: 'drain',
      reason: '',
      by: '',
      at: OLD,
      incarnation: '',
      keep: true,
    } as const;
    this.apply((at) => ({
      ...{kind: 'order', mod: at.mod, container},
      entry: order && {...at, value: {...value, order}},
    }));
  }

  /** As readers have it who share one view. */
  get listing(): AppListing {
    const said = {state: 'refusing', since: '', note: 'its last add: no'} as const;
    const incarnationOf = (id: string): string => this.view.ids.get(id)?.incarnation ?? '';
    const containers = Object.fromEntries(
      this.refusing.map((id) => [id, {...said, incarnation: incarnationOf(id)}]),
    );
    const loads = {metrics: ['qps'], shards: new Map(this.loads), containers: new Map()};
    return {
      ...{app: APP, revision: this.mod, view: this.view, epoch: 1, unknownSince: ''},
      status: status({containers: containers as never}),
      finished: () => [],
      loads: () => ({at: '', omitted: 0, ...loads}),
      ids: (make) => make(),
    };
  }
}

export const CONTAINERS = ['c0', 'c1', 'c2', 'c3', 'c4'];
const text = (...all: string[]): fc.Arbitrary<string> => fc.constantFrom(...all);
const container = text(...CONTAINERS);
const shard = fc.nat(25).map((at) => (at === 7 ? 'a/7' : `s${at}`));
const incarnation = fc.tuple(container, fc.nat(2)).map(([id, at]) => `${id}-${at}`);

const record = fc
  .record({
    container,
    life: fc.nat(2),
    state: fc.constantFrom('owned', 'owned', 'owned', 'assigned', 'dropping', 'free'),
    ready: fc.constantFrom(true, true, false),
    failures: fc.constantFrom(0, 0, 0, 1, 2),
    to: fc.option(container, {nil: undefined}),
    isRecent: fc.boolean(),
  })
  .map(({container: id, life, to, isRecent, ...rest}): Partial<OwnershipRecord> => {
    const startedAt = isRecent ? new Date().toISOString() : OLD;
    const move = {from: id, to: to ?? '', why: 'balance', startedAt};
    return {
      ...rest,
      ...{container: id, incarnation: `${id}-${life}`},
      ...(to === undefined ? {} : {move: move as never}),
    } as Partial<OwnershipRecord>;
  });

const spec = fc.record({
  group: text('', '', 'g'),
  workerGroup: text('', '', 'w'),
  manualContainerId: text('', '', '', '', 'c1', 'gone'),
  load: fc.constantFrom({}, {qps: 1}, {qps: 7}, {qps: 20}),
  spreadKey: text('', '', 'k'),
  priority: fc.nat(1),
  cancelledMove: fc.option(
    container.map((to) => ({from: '', to, at: OLD, by: 'me'})),
    {nil: undefined},
  ),
});

const policy: fc.Arbitrary<PlacementPolicy> = fc.record({
  metrics: fc.constantFrom<NonNullable<PlacementPolicy['metrics']>>(
    [],
    [{name: 'qps'}],
    [{name: 'other'}, {name: 'qps'}],
  ),
  spreadZones: fc.boolean(),
  countSlack: fc.constantFrom(0, 0.2),
});

type Step = (app: Changing) => void;
export const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(shard, spec).map(
      ([id, over]): Step =>
        (app) =>
          app.shard(id, over),
    ),
  },
  {
    weight: 8,
    arbitrary: fc.tuple(shard, record).map(
      ([id, over]): Step =>
        (app) =>
          app.own(id, over),
    ),
  },
  {
    weight: 3,
    arbitrary: shard.map(
      (id): Step =>
        (app) =>
          app.shard(id, undefined),
    ),
  },
  {
    weight: 2,
    arbitrary: shard.map(
      (id): Step =>
        (app) =>
          app.own(id, undefined),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(incarnation, text('', 'z1', 'z2')).map(
      ([life, zone]): Step =>
        (app) =>
          app.join(life.slice(0, 2), life, zone),
    ),
  },
  {
    weight: 2,
    arbitrary: incarnation.map(
      (life): Step =>
        (app) =>
          app.end(life),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(policy, fc.constantFrom(0, 0, 4), fc.boolean()).map(
      ([placement, maxShardCount, paused]): Step =>
        (app) =>
          app.spec(placement, {maxShardCount, paused}),
    ),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(
        fc.oneof(fc.subarray(CONTAINERS), fc.constant(CONTAINERS)),
        fc.constantFrom('drain' as const, 'drain' as const, 'cordon' as const, undefined),
      )
      .map(([ids, order]): Step => (app) => {
        for (const id of ids) app.order(id, order);
      }),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(container, fc.option(fc.constantFrom({weight: 2}, {capacity: 3}), {nil: undefined}))
      .map(
        ([id, over]): Step =>
          (app) =>
            app.apply((at) => ({
              ...{kind: 'override', mod: at.mod, container: id},
              entry: over && {...at, value: {...over, reason: '', by: '', at: OLD}},
            })),
      ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(container, fc.boolean()).map(
      ([id, present]): Step =>
        (app) =>
          app.apply(({mod}) => ({kind: 'worker', mod, workerGroup: 'w', container: id, present})),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(shard, fc.constantFrom('own' as const, 'shard' as const)).map(
      ([id, what]): Step =>
        (app) =>
          app.apply(({mod}) => ({kind: 'corrupt', mod, what, id, problem: 'unreadable'})),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(shard, fc.option(fc.nat(30), {nil: undefined})).map(
      ([id, load]): Step =>
        (app) =>
          load === undefined ? void app.loads.delete(id) : void app.loads.set(id, [load]),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.subarray(CONTAINERS).map(
      (ids): Step =>
        (app) =>
          void (app.refusing = ids.slice(0, 2)),
    ),
  },
  // Nobody had read it for a while: another view, which has the shards in other rows.
  {
    weight: 1,
    arbitrary: fc.constant<Step>((app) => {
      const copying = app.view.copying();
      let made = copying.next();
      while (made.done !== true) made = copying.next();
      app.view = made.value;
    }),
  },
);
