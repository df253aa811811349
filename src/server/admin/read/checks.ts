/** What a daemon can check of the cluster: etcd, leader, daemons, containers, shards, alarms. */
import type {AlarmCode} from '../../../model/alarm.ts';
import {alarmRows} from '../../../model/alarm-rows.ts';
import type {AlarmRow} from '../../../model/alarm-rows.ts';
import {SmError} from '../../../model/errors.ts';
import {leaderLives, lostDaemonText, unheardOf} from '../../../model/health.ts';
import {noteText} from '../../../model/operator-note.ts';
import type {AppView, ChecksAnswer, StatusAnswer} from '../../../protocol/admin.ts';
import {ACCEPT_FIX} from '../../../model/store-doubt.ts';
import {NO_WRITES_MEAN, writesText} from '../../../model/store-writes.ts';
import type {StoreWrites} from '../../../model/store-writes.ts';
import {status} from './app-reads.ts';
import {foreignApp, foreignHint} from './other-service.ts';
import type {ForeignApp} from './other-service.ts';
import {originServerChecks} from './origin-server.ts';
import {storedValueChecks} from './stored-values.ts';
import {check} from './check.ts';
import type {Check} from './check.ts';
import {appQuotaChecks, clusterQuotaChecks} from './quota-checks.ts';
import {decodeUsage} from '../../../protocol/quota-fields.ts';
import {callChecks, calledDaemons} from './daemon-checks.ts';
import type {StoreUsage} from '../../../store/port.ts';
import type {AdminDependencies, SelfProblem} from '../dependencies.ts';
import {
  CERTIFICATE_WARN_MS,
  MIB,
  QUOTA_DEFAULT_BYTES,
  QUOTA_FAIL_SHARE,
  QUOTA_WARN_SHARE,
  SLOW_STORE_MS,
} from '../limits.ts';

const NOBODY_GOVERNS =
  'STORE_RESTORED: nobody leads or governs until the restored etcd is accepted';

const LOST_FIX =
  'read the last lines of its log and start it again; a daemon that does not come back stays in this list for a day';

/** While no write commits, states say nothing of who carries them. */
const UNKNOWN_FIX = 'see etcd writes';

const ENDPOINTS_FIX =
  'start that member of etcd again (or promote it, if it is a learner), or put its present address into endpoints of daemons and containers: the others are used until the last one is gone';

const ALARM_FIX =
  'NOSPACE: etcdctl compact --physical REVISION, etcdctl defrag, then etcdctl alarm disarm (embedded store: raise embedded.quotaBytes and restart it where its quota is used up, else make room on its disk); CORRUPT: replace the member';

export async function checks(dependencies: AdminDependencies): Promise<ChecksAnswer> {
  const {store, wallMs, writes} = dependencies;
  const startedMs = performance.now();
  const away = await store.status().then(() => undefined, faultOf);
  if (away !== undefined) return withoutStore(dependencies, away);
  const tookMs = Math.round(performance.now() - startedMs);
  const usage = await store.usage?.();
  const cluster = await status(dependencies);
  const {entry: use} = await store.get(dependencies.keys.usage());
  // Only who sees no app of its own can have been renamed.
  const {apps = 'all'} = dependencies;
  const foreign =
    cluster.apps.length === 0 && apps === 'all' ? await foreignApp(dependencies) : undefined;
  const {callDaemon, selfProblem} = dependencies;
  // That it cannot be called itself is a row of its own.
  const uncalled = selfProblem?.()?.endpoint;
  const others = cluster.daemons.filter(({endpoint}) => endpoint !== uncalled);
  const called = callDaemon === undefined ? [] : await calledDaemons(others, callDaemon, wallMs);
  return {
    checks: [
      storeCheck(tookMs),
      writesCheck(writes()),
      quotaCheck(usage, dependencies.compaction),
      ...endpointChecks(usage),
      ...loginChecks(usage),
      ...versionChecks(usage?.version),
      ...ownChecks(dependencies),
      ...(callDaemon === undefined ? [] : callChecks(called)),
      ...serviceChecks(foreign, dependencies.service),
      ...(await originServerChecks(dependencies)),
      ...clusterQuotaChecks(decodeUsage(use?.value ?? '')),
      ...clusterChecks(cluster),
      ...(await storedValueChecks(
        dependencies,
        cluster.apps.map((app) => app.service),
      )),
    ],
    at: new Date(wallMs()).toISOString(),
    revision: cluster.revision,
  };
}

/** What this daemon knows of itself. */
function ownChecks({certificates, plainHost, selfProblem, wallMs}: AdminDependencies): Check[] {
  return [
    ...certificateChecks(certificates?.() ?? new Map<string, number>(), wallMs()),
    ...plainCheck(plainHost),
    ...(selfProblem === undefined ? [] : [selfCheck(selfProblem())]),
  ];
}

/** etcd answers nobody: it is what is broken, and what needs no etcd is said all the same. */
function withoutStore(dependencies: AdminDependencies, fault: SmError): ChecksAnswer {
  const {wallMs, writes} = dependencies;
  return {
    checks: [
      check('etcd', 'FAIL', fault.message, fault.hint),
      writesCheck(writes()),
      ...ownChecks(dependencies),
    ],
    at: new Date(wallMs()).toISOString(),
    revision: '0',
  };
}

function faultOf(error: unknown): SmError {
  if (error instanceof SmError) return error;
  throw error;
}

function selfCheck(problem: SelfProblem | undefined): Check {
  return problem === undefined
    ? check('this daemon', 'PASS', 'can be called by the address that it advertises')
    : check('this daemon', 'FAIL', problem.text, problem.fix);
}

function plainCheck(host: string | undefined): Check[] {
  if (host === undefined) return [];
  const text = `this daemon listens on ${host} without TLS: anybody on the network path can read tokens and change the traffic`;
  return [
    check(
      'admin API',
      'WARN',
      text,
      'set tls.cert and tls.key, or leave TLS to a proxy and listen on 127.0.0.1',
    ),
  ];
}

function storeCheck(tookMs: number): Check {
  const slow = tookMs > SLOW_STORE_MS;
  const text = `etcd answers in ${tookMs} ms`;
  return check('etcd', slow ? 'WARN' : 'PASS', text, slow ? 'look at its disk and its load' : '');
}

function writesCheck(writes: StoreWrites): Check {
  const text = writesText(writes);
  return writes.kind === 'none'
    ? check('etcd writes', 'FAIL', `${text}; ${NO_WRITES_MEAN}`, writes.fix)
    : check('etcd writes', 'PASS', text);
}

/** Calls go to whichever endpoint works: nobody notices that the others are gone until the last one is. */
function endpointChecks({endpoints = []}: Partial<StoreUsage> = {}): Check[] {
  if (endpoints.length < 2) return [];
  const faulty = endpoints.filter(({fault}) => fault !== '');
  if (faulty.length === 0)
    return [check('etcd endpoints', 'PASS', `all ${endpoints.length} answer`)];
  const which = faulty.map(({endpoint, fault}) => `${endpoint}: ${fault}`).join('; ');
  const text = `${faulty.length} of ${endpoints.length} cannot be used: ${which}`;
  return [check('etcd endpoints', 'WARN', text, ENDPOINTS_FIX)];
}

/** Without this row nobody would see that an etcd with users has been left open. */
function loginChecks(usage: StoreUsage | undefined): Check[] {
  if (usage?.isLoginUnused !== true) return [];
  const text = `etcd asks nobody for a login, though etcd.username is set: whoever reaches it can read and change everything`;
  return [
    check(
      'etcd login',
      'WARN',
      text,
      'etcdctl auth enable; daemons and containers then log in by themselves',
    ),
  ];
}

/** An alarm comes first: it stays on after room was made. A member that does not say its quota is taken to have etcd's default. Pure. */
export function quotaCheck(
  usage: StoreUsage | undefined,
  compaction: 'auto' | 'off' = 'auto',
): Check {
  if (usage === undefined) return check('etcd quota', 'PASS', 'the store does not report its size');
  const {bytes, quotaBytes, alarms, version = ''} = usage;
  const used = `${Math.ceil(bytes / MIB)} MiB`;
  if (alarms.length > 0)
    return check('etcd quota', 'FAIL', `etcd raises ${alarms.join(', ')} at ${used}`, ALARM_FIX);
  const {why, fix} = EMBEDDED_VERSION.test(version) ? EMBEDDED_QUOTA : ETCD_QUOTA;
  const most = quotaBytes > 0 ? quotaBytes : QUOTA_DEFAULT_BYTES;
  const share = bytes / most;
  const assumed = quotaBytes > 0 ? '' : `, assumed: ${why}`;
  const text = `${used} of ${Math.round(most / MIB)} MiB used (${Math.round(share * 100)} %${assumed})`;
  if (share < QUOTA_WARN_SHARE) return check('etcd quota', 'PASS', text);
  const first = compaction === 'off' ? 'set compaction: auto; then ' : '';
  return check('etcd quota', share < QUOTA_FAIL_SHARE ? 'WARN' : 'FAIL', text, `${first}${fix}`);
}

/** As the embedded store calls itself. */
const EMBEDDED_VERSION = /-sm$/;

const ETCD_QUOTA = {
  why: 'etcd does not say its quota',
  fix: 'etcdctl defrag, which gives back what compaction has freed; or raise --quota-backend-bytes',
};

/** It speaks gRPC alone, and no answer of that API has a quota. */
const EMBEDDED_QUOTA = {
  why: 'ask the daemon that has the store inside for its quota',
  fix: 'raise embedded.quotaBytes of the daemon that has the store inside, and restart it',
};

/** First releases of the lines that etcd still keeps which lack no known fix that matters here. */
const ETCD_FLOOR: Readonly<Record<string, number>> = {'3.5': 33, '3.6': 14, '3.7': 1};

/** Warns of an etcd that is no longer maintained, or lacks some. Nothing is said of a version that is not known. Pure. */
export function versionChecks(version: string | undefined): Check[] {
  const [, major = '', minor = '', patch = ''] = /^(\d+)\.(\d+)\.(\d+)$/.exec(version ?? '') ?? [];
  if (patch === '') return [];
  const fix = 'move to etcd 3.5.33, 3.6.14, 3.7.1 or newer: member by member, backup first';
  const floor = ETCD_FLOOR[`${major}.${minor}`];
  if (Number(major) < 3 || (major === '3' && Number(minor) < 5))
    return [check('etcd version', 'WARN', `etcd ${version} is no longer maintained`, fix)];
  if (floor !== undefined && Number(patch) < floor)
    return [
      check('etcd version', 'WARN', `etcd ${version} lacks known fixes of its release line`, fix),
    ];
  return [check('etcd version', 'PASS', `etcd ${version}`)];
}

/** One check for each that ends soon. Pure. */
export function certificateChecks(ends: ReadonlyMap<string, number>, nowMs: number): Check[] {
  const soon = [...ends].filter(([, endMs]) => endMs - nowMs < CERTIFICATE_WARN_MS);
  if (soon.length === 0)
    return ends.size === 0 ? [] : [check('certificates', 'PASS', `${ends.size} last a month`)];
  return soon.map(([setting, endMs]) => {
    const ended = endMs <= nowMs;
    const text = `the certificate of ${setting} ${ended ? 'has ended' : 'ends'} at ${new Date(endMs).toISOString()}`;
    const fix = `renew the file that ${setting} names; ${isKept(setting, ends) ? KEPT_FIX : 'it is read again by itself'}`;
    return check('certificates', ended ? 'FAIL' : 'WARN', text, fix);
  });
}

const KEPT_FIX = 'then restart this daemon: its store keeps the files that it was started with';

/** The store inside, and the connection to it, keep what they were started with. */
function isKept(setting: string, ends: ReadonlyMap<string, number>): boolean {
  return /^(etcd|embedded)\./.test(setting) && ends.has('embedded.tls.cert');
}

/** What the state of the cluster says, one check a thing. Pure. */
function clusterChecks(cluster: StatusAnswer): Check[] {
  // Nobody governs or beats while the store is in doubt: to start or restart something would help nobody.
  const governing =
    cluster.store.restored === ''
      ? [leaderCheck(cluster), daemonsCheck(cluster)]
      : [check('leader', 'FAIL', NOBODY_GOVERNS, ACCEPT_FIX)];
  return [
    ...governing,
    ...cluster.apps.flatMap((app) => [
      ...[containersCheck(app), shardsCheck(app, alarmRows(app.alarms).find(isUnserved))],
      ...drainChecks(app),
      ...appQuotaChecks(app),
      ...(app.paused ? [pauseCheck(app)] : []),
    ]),
    ...alarmChecks(cluster),
  ];
}

function leaderCheck({leader, daemons}: StatusAnswer): Check {
  if (leader === null)
    return check('leader', 'FAIL', 'nobody leads', 'start a daemon: sm serve --config-file FILE');
  const text = `${leader.container} since ${leader.since}`;
  if (leaderLives(leader, daemons)) return check('leader', 'PASS', text);
  const dead = `${leader.container} is the leader by its record, but is not alive`;
  return check(
    'leader',
    'FAIL',
    dead,
    'another daemon takes over within T; else restart the daemons',
  );
}

function daemonsCheck({daemons, lostDaemons = [], counts}: StatusAnswer): Check {
  const ailing = daemons.filter(({state}) => state !== 'ready');
  const lost = lostDaemons.map(lostDaemonText);
  if (ailing.length === 0) {
    const ready = counts.daemons > 1 ? `${counts.daemons} ready` : 'only one daemon';
    if (lost.length > 0) return check('daemons', 'WARN', [ready, ...lost].join('; '), LOST_FIX);
    return counts.daemons > 1
      ? check('daemons', 'PASS', ready)
      : check('daemons', 'WARN', ready, 'start a second daemon: there is no standby');
  }
  const ill = ailing.map(({id, state, since, note}) => {
    const from = since === '' ? '' : ` since ${since}`;
    return `${id} is ${state}${from}${note === '' ? '' : `: ${note}`}`;
  });
  const isKnown = ailing.some(({state}) => state !== 'unknown');
  const fix = isKnown ? 'restart it, or wait until its apps have moved' : UNKNOWN_FIX;
  return check('daemons', 'WARN', [...ill, ...lost].join('; '), fix);
}

/** No app here, but some of another sm: it was renamed, or two share a prefix. */
function serviceChecks(foreign: ForeignApp | undefined, own: string): Check[] {
  if (foreign === undefined) return [];
  const {app, service} = foreign;
  const text = `${own} has no app; app ${app} under the same prefix is governed by ${service}`;
  return [check('service', 'FAIL', text, foreignHint(service))];
}

/** A pause that ends by itself needs nobody. */
function pauseCheck({service, pause}: AppView): Check {
  const text = `no moves for balance ${noteText(pause)}`.trimEnd();
  const ends = pause !== null && pause.until !== '';
  const fix = ends ? '' : `it ends only by: sm app resume ${service}`;
  // An order, not a fault: status, views and wait call such an app well, too.
  return check(`pause of ${service}`, 'PASS', text, fix);
}

/** A warning: the app is well, and only an operator can change the order. */
function drainChecks({service, stranded = []}: AppView): Check[] {
  return stranded.map(({container, text, fix}) =>
    check(`drain of ${container} in ${service}`, 'WARN', text, fix),
  );
}

/** Containers by state. Those that are not heard raise alarms of their own. */
function containersCheck({service, containers, shards, unknownSince}: AppView): Check {
  const name = `containers of ${service}`;
  const states = Object.entries(containers).map(([state, count]) => `${count} ${state}`);
  const text = states.length === 0 ? 'none' : states.join(', ');
  const fix = unknownSince === '' ? `sm container ls -a ${service}` : UNKNOWN_FIX;
  if (unheardOf(containers) > 0) return check(name, 'WARN', text, fix);
  if (states.length > 0 || shards.total === 0) return check(name, 'PASS', text);
  return check(name, 'FAIL', text, `start a process that joins app ${service}`);
}

/** Checked by service: what is on its way passes, what nobody has served for longer than T fails. `unserved`: why nobody does. */
function shardsCheck(
  {service, shards, unknownSince}: AppView,
  unserved: AlarmRow | undefined,
): Check {
  const name = `shards of ${service}`;
  const {unplaced, unknown, failed, quarantined, ready, total} = shards;
  const text = `${ready} of ${total} ready, ${unplaced} unplaced, ${unknown} unknown, ${failed} failed, ${quarantined} quarantined`;
  if (unserved !== undefined)
    return check(
      name,
      'FAIL',
      `${text}; ${unserved.codes.join(', ')} ${unserved.text}`,
      unserved.fix,
    );
  if (unplaced + unknown + failed + quarantined === 0) return check(name, 'PASS', text);
  const look = `sm shard ls -a ${service}, then sm shard why -a ${service} ID`;
  const fix = unknownSince === '' ? look : UNKNOWN_FIX;
  return check(name, unknown + failed + quarantined > 0 ? 'FAIL' : 'WARN', text, fix);
}

function isUnserved({codes}: AlarmRow): boolean {
  return codes.includes('UNSERVED' satisfies AlarmCode);
}

/** One check a cause: each has its own way out. Why shards are not served is said with them. */
function alarmChecks({alarms}: StatusAnswer): Check[] {
  if (alarms.length === 0) return [check('alarms', 'PASS', 'none')];
  return alarmRows(alarms)
    .filter((row) => !isUnserved(row))
    .map(({service, codes, text, fix}) =>
      check(`alarm ${codes.join(', ')} of ${service}`, 'FAIL', text, fix),
    );
}
