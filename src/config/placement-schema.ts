/** What apps.yml may say of placement: the policy of an app, and the terms of a shard. */
import {nameProblem} from '../model/ids.ts';
import {DRAIN_ORDERS, PLACEMENT_BOUNDS, PLACEMENT_DEFAULTS} from '../model/placement-policy.ts';
import type {Field, Shape} from './apps-shape.ts';
import {LOAD_LIMIT, METRIC_UPPER_DEFAULT_FACTOR, PRIORITY_LIMIT} from '../model/limits.ts';

const {ratio, seconds, moves} = PLACEMENT_BOUNDS;
const RATIO: Shape = {kind: 'number', least: 1, most: ratio};
const SECONDS: Shape = {kind: 'number', least: 0, most: seconds};
const COUNT: Shape = {kind: 'count', most: moves};
const METRIC: Shape = {kind: 'text', problem: (text) => nameProblem('metric', text)};

const METRIC_FIELDS: Readonly<Record<string, Field>> = {
  name: {
    shape: METRIC,
    summary: 'Name of the metric, as used by shards when they report or declare load.',
    required: true,
  },
  upper: {
    shape: RATIO,
    summary: "Moves for load start when a container's load exceeds its share by this factor.",
    fallback: METRIC_UPPER_DEFAULT_FACTOR,
  },
  lower: {
    shape: RATIO,
    summary: 'Moves for load stop at this ratio. Default: halfway between 1 and upper.',
  },
};

const MOVING_FIELDS: Readonly<Record<string, Field>> = {
  container: {
    shape: {kind: 'number', least: 1, most: moves, whole: true},
    summary: 'Maximum number of simultaneous moves for balance to or from one container.',
    fallback: PLACEMENT_DEFAULTS.moving.container,
  },
  zone: {
    shape: COUNT,
    summary: 'Maximum number of simultaneous planned moves to or from one zone; 0: no limit.',
    fallback: PLACEMENT_DEFAULTS.moving.zone,
  },
  perMinute: {
    shape: COUNT,
    summary: 'Maximum number of planned moves that start within any minute; 0: no limit.',
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
    summary:
      'How far shard counts may deviate from even in order to balance load, as a fraction of the even count.',
    fallback: PLACEMENT_DEFAULTS.countSlack,
  },
  cooldown: {
    shape: SECONDS,
    summary: 'Seconds after a move during which the shard is not moved again for load.',
    fallback: PLACEMENT_DEFAULTS.cooldown,
  },
  quietTime: {
    shape: SECONDS,
    summary:
      'Seconds without moves for balance after a container has left; each further one restarts the time. Choose more than the pause between two containers of a deploy. 0: no quiet time.',
    fallback: PLACEMENT_DEFAULTS.quietTime,
  },
  slowStart: {
    shape: COUNT,
    summary:
      'Number of shards that a new container takes at once at first; the number grows by one for each shard that has become ready there. 0: no limit.',
    fallback: PLACEMENT_DEFAULTS.slowStart,
  },
  drainOrder: {
    shape: {kind: 'word', of: DRAIN_ORDERS},
    summary:
      'together: containers that drain release their shards at the same time. sequential: one container after the other.',
    fallback: PLACEMENT_DEFAULTS.drainOrder,
  },
  maxUnavailable: {
    shape: COUNT,
    summary:
      'Maximum number of containers that can-stop lets be unavailable at once; 0: a tenth of them, at least 1.',
    fallback: PLACEMENT_DEFAULTS.maxUnavailable,
  },
  moving: {
    shape: {kind: 'map', fields: MOVING_FIELDS},
    summary: 'Limits of planned moves, in addition to maxMoving of the app.',
  },
};

export const SHARD_TERM_FIELDS: Readonly<Record<string, Field>> = {
  load: {
    shape: {
      kind: 'table',
      keyProblem: (key) => nameProblem('metric', key),
      of: {kind: 'number', least: 0, most: LOAD_LIMIT},
    },
    summary: 'Declared load by metric, used while the shard reports none.',
  },
  spreadKey: {
    shape: {kind: 'text', problem: (text) => nameProblem('spread key', text)},
    summary: 'Two shards with the same key are never on one container.',
  },
  priority: {
    shape: {kind: 'number', least: -PRIORITY_LIMIT, most: PRIORITY_LIMIT, whole: true},
    summary: 'When capacity is short, shards with a higher priority are placed first.',
    fallback: 0,
  },
};
