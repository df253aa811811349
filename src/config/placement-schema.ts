/** What apps.yml may say of placement: the policy of an app, and the terms of a shard. */
import {nameProblem} from '../model/ids.ts';
import {
  DRAIN_ORDERS,
  LOAD_LIMIT,
  METRIC_UPPER_DEFAULT,
  PLACEMENT_BOUNDS,
  PLACEMENT_DEFAULTS,
  PRIORITY_LIMIT,
} from '../model/placement-policy.ts';
import type {Field, Shape} from './apps-shape.ts';

const {ratio, seconds, moves} = PLACEMENT_BOUNDS;
const RATIO: Shape = {kind: 'number', least: 1, most: ratio};
const SECONDS: Shape = {kind: 'number', least: 0, most: seconds};
const COUNT: Shape = {kind: 'count', most: moves};
const METRIC: Shape = {kind: 'text', problem: (text) => nameProblem('metric', text)};

const METRIC_FIELDS: Readonly<Record<string, Field>> = {
  name: {
    shape: METRIC,
    summary: 'Name of the load, as shards report or declare it.',
    required: true,
  },
  upper: {
    shape: RATIO,
    summary: "Moves for load begin above this ratio of a container's load to its share.",
    fallback: METRIC_UPPER_DEFAULT,
  },
  lower: {shape: RATIO, summary: 'They end at this ratio. Default half way from 1 to upper.'},
};

const MOVING_FIELDS: Readonly<Record<string, Field>> = {
  container: {
    shape: {kind: 'number', least: 1, most: moves, whole: true},
    summary: 'Moves for balance at once with one end at one container.',
    fallback: PLACEMENT_DEFAULTS.moving.container,
  },
  zone: {
    shape: COUNT,
    summary: 'Planned moves at once with one end in one zone; 0: no limit.',
    fallback: PLACEMENT_DEFAULTS.moving.zone,
  },
  perMinute: {
    shape: COUNT,
    summary: 'Planned moves that begin within any minute; 0: no limit.',
    fallback: PLACEMENT_DEFAULTS.moving.perMinute,
  },
};

export const PLACEMENT_FIELDS: Readonly<Record<string, Field>> = {
  metrics: {
    shape: {kind: 'list', of: {kind: 'map', fields: METRIC_FIELDS}},
    summary: `Loads that are balanced, at most ${PLACEMENT_BOUNDS.metrics}; none: counts only.`,
  },
  spreadZones: {
    shape: {kind: 'flag'},
    summary: 'Shards of each group are spread evenly over the zones.',
    fallback: PLACEMENT_DEFAULTS.spreadZones,
  },
  countSlack: {
    shape: {kind: 'number', least: 0, most: 1},
    summary: 'By how much counts may differ from even where that balances load, as a share.',
    fallback: PLACEMENT_DEFAULTS.countSlack,
  },
  cooldown: {
    shape: SECONDS,
    summary: 'Seconds during which a shard that has moved is not moved for load.',
    fallback: PLACEMENT_DEFAULTS.cooldown,
  },
  quietTime: {
    shape: SECONDS,
    summary:
      'Seconds without moves for balance after a container has left, begun anew by each further one: longer than the pause between two containers of a deploy. 0: none.',
    fallback: PLACEMENT_DEFAULTS.quietTime,
  },
  slowStart: {
    shape: COUNT,
    summary:
      'Shards that a joiner takes at once at first; as many more each time as have become ready there. 0: no limit of its own.',
    fallback: PLACEMENT_DEFAULTS.slowStart,
  },
  drainOrder: {
    shape: {kind: 'word', of: DRAIN_ORDERS},
    summary: 'Containers that drain give away together, or sequential: one after the other.',
    fallback: PLACEMENT_DEFAULTS.drainOrder,
  },
  maxUnavailable: {
    shape: COUNT,
    summary: 'Containers that may be away at once, for can-stop; 0: a tenth of them, at least 1.',
    fallback: PLACEMENT_DEFAULTS.maxUnavailable,
  },
  moving: {
    shape: {kind: 'map', fields: MOVING_FIELDS},
    summary: 'Most planned moves, beside maxMoving of the app.',
  },
};

export const SHARD_TERM_FIELDS: Readonly<Record<string, Field>> = {
  load: {
    shape: {
      kind: 'table',
      keyProblem: (key) => nameProblem('metric', key),
      of: {kind: 'number', least: 0, most: LOAD_LIMIT},
    },
    summary: 'Load by metric of the policy, for apps that report none.',
  },
  spreadKey: {
    shape: {kind: 'text', problem: (text) => nameProblem('spread key', text)},
    summary: 'Two shards of one key are never on one container.',
  },
  priority: {
    shape: {kind: 'number', least: -PRIORITY_LIMIT, most: PRIORITY_LIMIT, whole: true},
    summary: 'Where room is short the highest are placed first.',
    fallback: 0,
  },
};
