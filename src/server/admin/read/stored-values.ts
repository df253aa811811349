/**
 * Values in the store that cannot be read and that raise no alarm, because no governor works with them. What such a value stands for counts as absent,
 * so nobody would notice.
 */
import type {ParsedKey} from '../../../etcd/keys.ts';
import {firstOf} from '../../../model/and-more.ts';
import {chunksOf} from '../../../model/chunks.ts';
import {counted} from '../../../model/counted.ts';
import {RECORD_VERSION} from '../../../model/ownership.ts';
import {visible} from '../../../model/visible.ts';
import {decodeCallKeys} from '../../../protocol/call-keys.ts';
import {fieldsIn} from '../../../protocol/foreign-json.ts';
import {decodeUsage} from '../../../protocol/quota-fields.ts';
import {
  decodeApplyMarker,
  decodeCluster,
  decodeLeader,
  decodeLoadSummary,
  decodeStopPermissions,
} from '../../../protocol/records.ts';
import type {Decoded} from '../../../protocol/records.ts';
import type {KeyValue} from '../../../store/port.ts';
import type {AdminDependencies} from '../dependencies.ts';
import {APPS_LOOKED_AT_ONCE, UNREADABLE_KEYS_NAMED} from '../limits.ts';
import {check} from './check.ts';
import type {Check} from './check.ts';
import {historyProblem} from './events.ts';

type Kind = ParsedKey['kind'];

interface ValueCheck {
  readonly problem: (entry: KeyValue, parsed: ParsedKey) => string | undefined;
  /** What it means, and what leads out of it, where it is damaged. */
  readonly fix: string;
}

const DELETE = 'delete the key (etcdctl del)';
const HISTORY: ValueCheck = {
  problem: (entry, parsed) => historyProblem(parsed, entry),
  fix: `${DELETE}: the entries are missing in sm events`,
};

/** Of each kind of key. `undefined`: whoever works with it raises an alarm, or its value says nothing. */
const VALUE_CHECKS: Readonly<Record<Kind, ValueCheck | undefined>> = {
  // QUARANTINE.
  ...{appSpec: undefined, shardSpec: undefined, containerOrder: undefined},
  ...{containerOverride: undefined, heartbeat: undefined, ownership: undefined, status: undefined},
  // PUSH_UNREADABLE, PUSH_GUARD_LOST, and the check for other servers.
  ...{pushSession: undefined, leaseGuard: undefined, originLeader: undefined},
  ...{worker: undefined, pushShard: undefined, governedBy: undefined},
  applyMarker: {
    problem: ({value}) => withoutReason(value, decodeApplyMarker(value) !== undefined),
    fix: 'the next sm apply writes it anew',
  },
  callKeys: {
    problem: ({value}) => withoutReason(value, decodeCallKeys(value).length > 0),
    fix: 'a daemon writes it anew with its next call to a container',
  },
  stopPermissions: {
    problem: ({value}) => problemOf(decodeStopPermissions(value)),
    fix: `${DELETE}: until then nobody is permitted to stop a container`,
  },
  audit: HISTORY,
  moves: HISTORY,
  events: HISTORY,
  leader: {
    problem: ({value}) => problemOf(decodeLeader(value)),
    fix: `${DELETE}: the daemons elect a leader anew`,
  },
  cluster: {
    problem: ({value}) => problemOf(decodeCluster(value)),
    fix: 'write back what it was (the last sm store export has it)',
  },
  usage: {
    problem: ({value}) => withoutReason(value, decodeUsage(value) !== undefined),
    fix: 'the leader writes it anew within seconds',
  },
  containerId: {
    problem: ({value}) =>
      withoutReason(value, typeof fieldsIn(value)?.['incarnation'] === 'string'),
    fix: 'restart that container: until then it counts as unreachable',
  },
  load: {
    problem: ({value}) => problemOf(decodeLoadSummary(value)),
    fix: 'the governor writes it anew within two minutes',
  },
};

/** A row for each kind of key of which a value cannot be read; of these apps, and of sm itself for who may see all. @throws SmError as the store. */
export async function storedValueChecks(
  {store, keys, service, apps: scope = 'all'}: AdminDependencies,
  apps: readonly string[],
): Promise<Check[]> {
  const found = new Map<Kind, string[]>();
  const take = (entries: readonly KeyValue[]): void => {
    for (const entry of entries) {
      const parsed = keys.parse(entry.key);
      const problem = parsed && VALUE_CHECKS[parsed.kind]?.problem(entry, parsed);
      if (parsed === undefined || problem === undefined) continue;
      const named = `${visible(entry.key)}: ${problem}`;
      found.set(parsed.kind, [...(found.get(parsed.kind) ?? []), named]);
    }
  };
  const ofCluster = [keys.auditPrefix(), keys.leader(), keys.cluster(), keys.usage()];
  if (scope === 'all') await store.scan(ofCluster, take);
  const all = scope === 'all' ? [...apps, service] : [...apps];
  for (const some of chunksOf(all, APPS_LOOKED_AT_ONCE))
    await Promise.all(
      some.map((app) =>
        store.scan(
          [
            ...[keys.movesPrefix(app), keys.eventsPrefix(app), keys.loadPrefix(app)],
            ...[keys.containerIdPrefix(app), keys.applyMarker(app), keys.callKeys(app)],
            keys.stopPermissions(app),
          ],
          take,
        ),
      ),
    );
  return [...found].map(([kind, named]) => rowOf(kind, named));
}

function rowOf(kind: Kind, named: readonly string[]): Check {
  const text = `${counted(named.length, 'value')} in etcd cannot be read: ${firstOf(named, UNREADABLE_KEYS_NAMED, '; ')}`;
  const fix = `written by a newer sm: bring the daemons to that version; damaged: ${VALUE_CHECKS[kind]?.fix ?? ''}`;
  return check(`stored ${kind}`, 'WARN', text, fix);
}

function problemOf(decoded: Decoded<unknown>): string | undefined {
  return decoded.ok ? undefined : decoded.problem;
}

/** For values whose decoders do not say what is wrong. */
function withoutReason(text: string, isRead: boolean): string | undefined {
  const fields = fieldsIn(text);
  if (fields === undefined) return 'no JSON object';
  const {v} = fields;
  if (typeof v === 'number' && v > RECORD_VERSION)
    return `version ${v} is newer than ${RECORD_VERSION}`;
  return isRead ? undefined : 'fields are missing or of another type';
}
