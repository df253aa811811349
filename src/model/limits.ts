/** Limits of plain data. */

/** Entries of a map from which on it consists of many small ones. */
export const PARTITION_FROM = 4_096;

/** Small maps that a large one consists of: a power of two. */
export const PARTITIONS = 256;

/** Audit entries kept; beyond, whoever wrote most on one day loses entries of that day. */
export const AUDIT_KEPT = 10_000;

/** Changed objects that one entry names; the rest is counted. */
export const AUDIT_OBJECTS_SHOWN = 10;

/** Shards that one event names; the rest is counted. */
export const AUDIT_SHARDS_NAMED = 10;

/** Rows that a table of columns has room for at first. */
export const FIRST_ROWS = 64;

/** Clocks that differ by more are worth a word, ms. It endangers nothing: waits are counted on one clock. */
export const CLOCK_APART_WARN_MS = 2_000;

/** Clock rates may differ by less than this (assumption A2). */
export const CLOCK_DRIFT = 0.01;

/**
 * By how much the rates of two clocks are taken to differ beyond that while nobody has watched them, as a share: more than one clock that
 * chrony slews at its fastest, 8.3 %, makes of it.
 */
export const UNWATCHED_CLOCK_EXCESS = 0.1;

/** An effect leaves the process within this many ms of its guard check (assumption A3). */
export const EFFECT_SLACK_MS = 100;

/** T unless a container says otherwise. */
export const TTL_DEFAULT_MS = 10_000;

/** Shortest T: below it a single slow answer of etcd would fence. */
export const TTL_MIN_MS = 3_000;

/** Longest T: nobody serves the shards of a lost container for so long. */
export const TTL_MAX_MS = 60_000;

/** Largest weight of a container. */
export const WEIGHT_LIMIT = 1_000;

/** Largest capacity of a container, in shards. */
export const CAPACITY_LIMIT = 1_000_000;

/** Most overdue hooks that a heartbeat names. */
export const OVERDUE_SHOWN = 10;

/** Characters of a failure's text that are kept. */
export const FAILURE_TEXT_MAX_CHARACTERS = 1_000;

/** Most bytes of an app, container, group or worker group name. */
export const NAME_MAX_BYTES = 128;

/** Most bytes (UTF-8) of a shard id. */
export const SHARD_ID_MAX_BYTES = 200;

/** Ports below this one need a right of their own to listen at. */
export const PRIVILEGED_PORTS = 1_024;

/** Part of an app's shards that may move at once unless the app says otherwise. */
export const MOVING_SHARE = 0.1;

/** At least so many, or small apps would move one shard at a time. */
export const MOVING_LEAST = 4;

/** At most so many by default. */
export const MOVING_MOST = 100;

/** Highest `maxMoving` that can be asked for. */
export const MAX_MOVING_LIMIT = 10_000;

/** Default of a metric's `upper`. */
export const METRIC_UPPER_DEFAULT_FACTOR = 1.2;

/** Highest priority of a shard, and lowest as its negative. */
export const PRIORITY_LIMIT = 1_000;

/** Failed adds in a row from which a shard counts as failed. */
export const FAILED_FROM = 5;

/** Most seconds a lost container's shards may wait for it to come back. */
export const MAX_RECOVERY_TIME_LIMIT_S = 300;

/** Default of `maxRecoveryTime`, seconds. */
export const MAX_RECOVERY_TIME_DEFAULT_S = 10;

/** Longest lease of a permission, ms: a deployer that needs longer asks again. */
export const PERMISSION_LEASE_LIMIT_MS = 3_600_000;

/** Lease of a permission unless the caller says otherwise, ms. */
export const PERMISSION_LEASE_DEFAULT_MS = 300_000;

/**
 * Wall clocks of two daemons differ by less than this. A permission counts against others for so long after its holder was
 * said that it ends, so that a daemon whose clock is ahead does not give its room away too early.
 */
export const PERMISSION_CLOCK_SLACK_MS = 10_000;

/** Part of an app's containers that may be unavailable at once unless the app says otherwise; at least one. */
export const UNAVAILABLE_SHARE = 0.1;

/** Digits of each part; 2^63 has 19. */
export const TOKEN_WIDTH_CHARACTERS = 19;

/** Share of a quota from which on it is worth a warning, and from which on an app is looked at as it is before something is added. */
export const QUOTA_WARN_SHARE = 0.8;

/** Highest quota that can be set. */
export const QUOTA_MOST = 1_000_000_000_000;

/** Texts that are sorted, or merged, before others may run. */
export const SORTED_PER_STEP = 2_000;

/** Other containers of a process that the advice to restart one names; all are counted. */
export const OTHERS_NAMED = 5;

/** Largest load of a shard, and limit of a container, in any metric: sums of a million of them are exact enough. */
export const LOAD_LIMIT = 1e12;

/** Largest TCP port. */
export const PORT_LIMIT = 65_535;

/** What many processes repeat at the same interval each does up to this share earlier or later, so that they do not call together. */
export const JITTER_SHARE = 0.2;

/** Of chance from 0 to 1: what makes an interval neither shorter nor longer. */
export const JITTER_MIDDLE_SHARE = 0.5;

/** Heartbeats that a container sends within T: some may be lost before it has to fence. */
export const HEARTBEATS_PER_TTL = 5;

/** Heartbeats that must be missing in a row before a container is suspect. */
export const SUSPECT_HEARTBEATS = 2;

/** Similar names that a message about an unknown name suggests. */
export const NEAREST_SHOWN = 3;

/** Longer texts are not compared for similarity: the time grows with the product of the lengths. */
export const COMPARED_MAX_CHARACTERS = 100;

/** A shard that has moved is not moved for load for so long, unless the policy says otherwise. */
export const COOLDOWN_DEFAULT_S = 300;

/** Planned moves at once with one end at one container, unless the policy says otherwise: each add costs its container time. */
export const MOVES_PER_CONTAINER_DEFAULT = 20;

/** Most balanced metrics of one app: each costs the planner time and every load report space. */
export const METRICS_PER_APP = 8;

/** Largest ratio of load to share that a band of a policy may name. */
export const METRIC_RATIO_FACTOR = 100;

/** Longest cooldown and quiet time of a policy: one day. */
export const POLICY_TIME_LIMIT_S = 86_400;

/** Most moves, shards or starts that a policy may name. */
export const POLICY_COUNT_LIMIT = 1_000_000;

/** Digits of a revision in the name of an audit entry: names sort by revision, which has 63 bits. */
export const AUDIT_REVISION_DIGITS = 19;

/** Characters of the suffix that keeps apart entries of one revision. */
export const AUDIT_SUFFIX_CHARACTERS = 6;

/** Suffixes of so many characters of base 36. */
export const AUDIT_SUFFIXES = 36 ** AUDIT_SUFFIX_CHARACTERS;

/** Default quota of one app: shards. The benchmarks measure apps of this size. */
export const APP_SHARDS_DEFAULT = 100_000;

/** Default quota of one app: containers. */
export const APP_CONTAINERS_DEFAULT = 5_000;

/** Default quota of one app: bytes of the ids and tasks of all its shards. */
export const APP_SPECS_DEFAULT_BYTES = 256 * 1024 ** 2;

/** Default quota of one app: groups and worker groups. */
export const APP_GROUPS_DEFAULT = 1_000;

/** Default quota of one app: push containers, for each of which a governor keeps a lease. */
export const APP_PUSH_SESSIONS_DEFAULT = 1_000;

/** Default quota of one app: admin calls of each daemon. */
export const APP_CALLS_DEFAULT_PER_SECOND = 2_000;

/** Default quota of the cluster: apps. */
export const CLUSTER_APPS_DEFAULT = 1_000;

/** Default quota of the cluster: shards of all apps. */
export const CLUSTER_SHARDS_DEFAULT = 1_000_000;

/** Default quota of the cluster: containers of all apps. */
export const CLUSTER_CONTAINERS_DEFAULT = 20_000;

/** Default quota of the cluster: bytes of ids and tasks. Half of the 2 GiB that etcd keeps by default. */
export const CLUSTER_SPECS_DEFAULT_BYTES = 1024 ** 3;

/** Default quota of the cluster: groups and worker groups. */
export const CLUSTER_GROUPS_DEFAULT = 10_000;

/** Default quota of the cluster: push containers. */
export const CLUSTER_PUSH_SESSIONS_DEFAULT = 5_000;

/** Default quota of the cluster: admin calls of each daemon for all apps. */
export const CLUSTER_CALLS_DEFAULT_PER_SECOND = 5_000;

/** Rows of one alarm of one app that status and doctor show; further ones are counted. */
export const ROWS_PER_ALARM = 3;

/** Most characters of a shard's task. etcd refuses values above 1.5 MiB; a batch must stay far below. */
export const TASK_MAX_CHARACTERS = 64 * 1024;

/** Highest `maxShardCount` that can be asked for: ten times what an app is built for. */
export const MAX_SHARD_COUNT_LIMIT = 1_000_000;

/** Longest delay of a timer of Node, 24 days: a longer one would fire at once. */
export const TIMER_LIMIT_MS = 2 ** 31 - 1;
