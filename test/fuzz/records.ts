/** One good value of every kind of key, as seeds of hostile ones. */
import {Keys} from '../../src/etcd/keys.ts';

export const KEYS = new Keys('/sm', 'sm.fuzz');
const TOKEN = '0000000000000000001.0000000000000000042';
const MOVE = {id: 'm1', from: 'c1', to: 'c2', why: 'rebalance', startedAt: '2026-01-01T00:00:00Z'};
const WORDS = {at: '2026-01-01T00:00:00Z', who: 'ops', from: '127.0.0.1', reason: ''};

export interface RecordSeed {
  readonly key: (app: string, name: string) => string;
  readonly value: unknown;
}

/** By the kind that `Keys.parse` gives. */
export const RECORDS: Readonly<Record<string, RecordSeed>> = {
  ownership: {
    key: (app, name) => KEYS.ownership(app, name),
    value: {
      ...{v: 1, state: 'owned', container: 'c1', incarnation: 'abc', token: TOKEN, ready: true},
      ...{move: MOVE, failures: 0, lastError: ''},
    },
  },
  heartbeat: {
    key: (app, name) => KEYS.heartbeat(app, name),
    value: {
      ...{v: 1, container: 'c1', seq: 7, nonce: 'n', ttlMs: 10_000, state: 'ready', pid: 1},
      ...{endpoint: '127.0.0.1:1', host: 'h', bootId: 'b', zone: '', version: '0', sdk: 'ts'},
      ...{labels: {a: 'b'}, overdue: [{shard: 's', hook: 'add'}]},
    },
  },
  containerId: {
    key: (app, name) => KEYS.containerId(app, name),
    value: {v: 1, incarnation: 'abc'},
  },
  appSpec: {
    key: (app) => KEYS.appSpec(app),
    value: {service: 'orders', createTime: 1, maxShardCount: 0, maxRecoveryTime: 10, paused: false},
  },
  shardSpec: {
    key: (app, name) => KEYS.shardSpec(app, name),
    value: {
      ...{id: 's1', service: 'orders', task: 't', updateTime: 1, manualContainerId: '', group: ''},
      ...{workerGroup: '', cancelledMove: {id: 'm'}, lease: {id: 1, expire: 2}},
    },
  },
  worker: {key: (app, name) => KEYS.worker(app, 'pool', name), value: ''},
  containerOrder: {
    key: (app, name) => KEYS.containerOrder(app, name),
    value: {order: 'drain', reason: '', by: 'ops', at: '', incarnation: 'abc', keep: false},
  },
  containerOverride: {
    key: (app, name) => KEYS.containerOverride(app, name),
    value: {weight: 2, capacity: 10, zone: 'z1', reason: '', by: 'ops', at: ''},
  },
  applyMarker: {
    key: (app) => KEYS.applyMarker(app),
    value: {
      ...{v: 1, content: 'c', ifRevision: '', by: 'ops', running: true},
      ...{since: '2026-01-01T00:00:00Z', renewedAt: '2026-01-01T00:00:00Z'},
    },
  },
  stopPermissions: {
    key: (app) => KEYS.stopPermissions(app),
    value: {
      v: 1,
      permissions: [
        {
          ...{container: 'c1', incarnation: 'abc', holder: 'deploy', reason: ''},
          ...{at: '2026-01-01T00:00:00Z', until: '2026-01-01T00:05:00Z'},
        },
      ],
    },
  },
  audit: {
    key: () => KEYS.audit('0000000000000000042-abcdef'),
    value: {
      v: 1,
      ...WORDS,
      operation: 'addSpec',
      service: 'a',
      objects: ['s'],
      objectCount: 1,
      detail: {},
    },
  },
  leader: {key: () => KEYS.leader(), value: {containerId: 'd', incarnation: 'abc', createTime: 1}},
  cluster: {key: () => KEYS.cluster(), value: {v: 1, epoch: 1, clusterId: '7', maxRevision: 42}},
  governedBy: {key: (app) => KEYS.governedBy(app), value: 'sm.fuzz'},
  status: {
    key: (app) => KEYS.status(app),
    value: {
      ...{
        v: 1,
        governor: 'd',
        at: '2026-01-01T00:00:00Z',
        unplaced: [],
        failed: [],
        quarantined: [],
      },
      ...{
        alarms: [],
        containers: {c1: {state: 'ready'}},
        unplacedCount: 0,
        settled: true,
        omitted: {a: 1},
      },
    },
  },
  load: {
    key: (app) => KEYS.load(app, 0),
    value: {
      ...{v: 1, at: '2026-01-01T00:00:00Z', part: 0, parts: 1, metrics: ['qps'], omitted: 0},
      shards: [['s', 12.5]],
      containers: [['c1', {cpu: 0.5, memoryBytes: 1e9}]],
    },
  },
  moves: {
    key: (app) => KEYS.moves(app, '42'),
    value: [{shard: 's', ...MOVE, endedAt: 'x', outcome: 'done'}],
  },
  events: {key: (app) => KEYS.events(app, '42'), value: [{container: 'c', event: 'lost', at: 'x'}]},
  pushSession: {
    key: (app, name) => KEYS.pushSession(app, name, '7a'),
    value: {timestamp: 1, shards: [{spec: {id: 's1', lease: {id: 1}}, disp: true, drop: false}]},
  },
  leaseGuard: {key: (app) => KEYS.leaseGuard(app), value: {id: 7587862094837212, expire: 99}},
  pushShard: {key: (app, name) => KEYS.pushShard(app, 'c1', name), value: ''},
};
