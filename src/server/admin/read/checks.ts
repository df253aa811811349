/** What a daemon can check of the cluster: etcd, leader, daemons, containers, shards, alarms. */
import {unheardOf} from '../../../model/health.ts';
import type {CheckVerdict, ChecksAnswer, StatusAnswer} from '../../../protocol/admin.ts';
import {writesText} from '../../../model/store-writes.ts';
import type {StoreWrites} from '../../../model/store-writes.ts';
import {status} from './app-reads.ts';
import {foreignApp, foreignHint} from './other-service.ts';
import type {ForeignApp} from './other-service.ts';
import type {StoreUsage} from '../../../store/port.ts';
import type {AdminDependencies} from '../dependencies.ts';
import {MIB, QUOTA_DEFAULT_BYTES, QUOTA_WARN_SHARE, SLOW_STORE_MS} from '../limits.ts';

const ALARM_FIX =
  'NOSPACE: etcdctl compact, etcdctl defrag, then etcdctl alarm disarm; CORRUPT: replace the member';

type Check = ChecksAnswer['checks'][number];

export async function checks(dependencies: AdminDependencies): Promise<ChecksAnswer> {
  const {store, wallMs, writes} = dependencies;
  const startedMs = performance.now();
  await store.status();
  const tookMs = Math.round(performance.now() - startedMs);
  const usage = await store.usage?.();
  const cluster = await status(dependencies);
  // Only who sees no app of its own can have been renamed.
  const foreign = cluster.apps.length === 0 ? await foreignApp(dependencies) : undefined;
  return {
    checks: [
      storeCheck(tookMs),
      writesCheck(writes()),
      quotaCheck(usage),
      leaderCheck(cluster),
      daemonsCheck(cluster),
      ...serviceChecks(foreign, dependencies.service),
      ...containerChecks(cluster),
      shardsCheck(cluster),
      alarmsCheck(cluster),
    ],
    at: new Date(wallMs()).toISOString(),
    revision: cluster.revision,
  };
}

function check(name: string, verdict: CheckVerdict, text: string, fix = ''): Check {
  return {name, verdict, text, fix};
}

function storeCheck(tookMs: number): Check {
  const slow = tookMs > SLOW_STORE_MS;
  const text = `etcd answers in ${tookMs} ms`;
  return check('etcd', slow ? 'WARN' : 'PASS', text, slow ? 'look at its disk and its load' : '');
}

function writesCheck(writes: StoreWrites): Check {
  const text = writesText(writes);
  return writes.kind === 'none'
    ? check('etcd writes', 'FAIL', text, writes.fix)
    : check('etcd writes', 'PASS', text);
}

/** An alarm of etcd says what no figure does: etcd keeps its quota to itself. */
function quotaCheck(usage: StoreUsage | undefined): Check {
  if (usage === undefined) return check('etcd quota', 'PASS', 'the store tells no size');
  const {bytes, quotaBytes, alarms} = usage;
  const used = `${Math.ceil(bytes / MIB)} MiB`;
  if (alarms.length > 0)
    return check('etcd quota', 'FAIL', `etcd raises ${alarms.join(', ')} at ${used}`, ALARM_FIX);
  const most = quotaBytes > 0 ? quotaBytes : QUOTA_DEFAULT_BYTES;
  const share = bytes / most;
  const assumed = quotaBytes > 0 ? '' : ', unless --quota-backend-bytes is set';
  const text = `${used} of ${Math.round(most / MIB)} MiB used (${Math.round(share * 100)} %${assumed})`;
  if (share < QUOTA_WARN_SHARE) return check('etcd quota', 'PASS', text);
  const fix = 'set compaction: auto, then etcdctl defrag; or raise --quota-backend-bytes';
  return check('etcd quota', share < 0.95 ? 'WARN' : 'FAIL', text, fix);
}

function leaderCheck({leader}: StatusAnswer): Check {
  return leader === null
    ? check('leader', 'FAIL', 'nobody leads', 'start a daemon: sm serve --config-file sample.yml')
    : check('leader', 'PASS', `${leader.container} since ${leader.since}`);
}

function daemonsCheck({daemons, counts}: StatusAnswer): Check {
  const ailing = daemons.filter(({state}) => state !== 'ready');
  if (ailing.length === 0)
    return counts.daemons > 1
      ? check('daemons', 'PASS', `${counts.daemons} ready`)
      : check('daemons', 'WARN', 'only one daemon', 'start a second one: nobody stands in for it');
  const text = ailing.map(({id, state}) => `${id} is ${state}`).join(', ');
  return check('daemons', 'WARN', text, 'restart it, or wait until its apps have moved');
}

/** No app here, but some of another sm: it was renamed, or two share a prefix. */
function serviceChecks(foreign: ForeignApp | undefined, own: string): Check[] {
  if (foreign === undefined) return [];
  const {app, service} = foreign;
  const text = `${own} has no app; app ${app} under the same prefix is governed by ${service}`;
  return [check('service', 'FAIL', text, foreignHint(service))];
}

/** One check an app: containers by state. */
function containerChecks({apps}: StatusAnswer): Check[] {
  return apps.map(({service, containers, shards}) => {
    const name = `containers of ${service}`;
    const states = Object.entries(containers).map(([state, count]) => `${count} ${state}`);
    const text = states.length === 0 ? 'none' : states.join(', ');
    if (unheardOf(containers) > 0)
      return check(name, 'WARN', text, `sm container ls -a ${service}`);
    if (states.length > 0 || shards.total === 0) return check(name, 'PASS', text);
    return check(name, 'FAIL', text, `start one: sm container run -a ${service}`);
  });
}

function shardsCheck({counts, apps}: StatusAnswer): Check {
  const {unplaced, unknown, failed, quarantined, ready, shards} = counts;
  const text = `${ready} of ${shards} ready, ${unplaced} unplaced, ${unknown} unknown, ${failed} failed, ${quarantined} quarantined`;
  if (unplaced + unknown + failed + quarantined === 0) return check('shards', 'PASS', text);
  const worst = apps.find(
    (app) =>
      app.shards.unplaced + app.shards.unknown + app.shards.failed + app.shards.quarantined > 0,
  );
  const fix = `sm shard ls -a ${worst?.service ?? 'APP'}, then sm shard why -a ${worst?.service ?? 'APP'} ID`;
  return check('shards', unknown + failed + quarantined > 0 ? 'FAIL' : 'WARN', text, fix);
}

function alarmsCheck({alarms}: StatusAnswer): Check {
  if (alarms.length === 0) return check('alarms', 'PASS', 'none');
  const text = alarms.map(({service, code, text: words}) => `${code} (${service}): ${words}`);
  return check('alarms', 'FAIL', text.slice(0, 5).join('; '), 'sm status');
}
