/** The state of the cluster as lines for people. Pure. */
import {alarmRows} from '../model/alarm-rows.ts';
import {UNHEARD_STATES} from '../model/container-state.ts';
import {counted} from '../model/counted.ts';
import {leaderLives, lostDaemonText, troubleCount} from '../model/health.ts';
import type {StatusAnswer} from '../protocol/admin.ts';
import {fixLines} from './app-lines.ts';
import {APPS_NAMED} from './limits.ts';

type App = StatusAnswer['apps'][number];

/** The health and the counts, apps that are not well, the leader, alarms. */
export function statusLines(status: StatusAnswer): string[] {
  const {counts, alarms, apps} = status;
  const ill = apps
    .filter(({health}) => health !== 'OK')
    .sort((a, b) => troubleCount(b) - troubleCount(a));
  const more = ill.length - APPS_NAMED;
  return [
    `${status.health}: ${shardsText({...counts, total: counts.shards})}`,
    `${counted(counts.apps, 'app')}, ${counted(counts.containers, 'container')}, ${counted(counts.daemons, 'daemon')}`,
    ...ill.slice(0, APPS_NAMED).map((app) => `app ${appText(app)}`),
    ...(more > 0 ? [`and ${counted(more, 'app')} more that are not OK`] : []),
    ...(status.store.reason === '' ? [] : [status.store.reason]),
    leaderText(status),
    ...daemonLines(status),
    // A daemon of before does not say it.
    ...(status.lostDaemons ?? []).map((lost) => `daemon ${lostDaemonText(lost)}`),
    ...alarmRows(alarms).flatMap(({service, codes, text, fix}) => [
      `alarm ${codes.join(', ')} (${service}) ${text}`,
      ...fixLines(fix),
    ]),
  ];
}

function leaderText({leader, daemons, store}: StatusAnswer): string {
  if (store.restored !== '')
    return 'no leader: STORE_RESTORED, nobody leads until sm store accept-restore';
  if (leader === null) return 'no leader: is a daemon running?';
  const dead = leaderLives(leader, daemons) ? '' : ': it is not alive';
  return `leader ${leader.container} since ${leader.since}${dead}`;
}

function appText({service, health, shards, paused, containers}: App): string {
  const word = `${health}${paused && health !== 'PAUSED' ? ' (paused)' : ''}`;
  const unheard = UNHEARD_STATES.filter((state) => (containers[state] ?? 0) > 0);
  const tail = unheard.map((state) => `, ${counted(containers[state] ?? 0, 'container')} ${state}`);
  return `${service}: ${word}, ${shardsText(shards)}${tail.join('')}`;
}

/** Daemons that are not heard: the cluster is in trouble for each of them. */
function daemonLines({daemons}: StatusAnswer): string[] {
  const unheard: readonly string[] = UNHEARD_STATES;
  const ill = daemons.filter(({state}) => unheard.includes(state));
  return ill.map(({id, state}) => `daemon ${id} is ${state}`);
}

function shardsText(shards: Pick<App['shards'], 'total' | 'ready' | TroubleWord>): string {
  const trouble = TROUBLE_WORDS.filter((word) => shards[word] !== 0);
  const tail = trouble.map((word) => `, ${shards[word]} ${word}`).join('');
  return `${shards.ready} of ${counted(shards.total, 'shard')} ready${tail}`;
}

const TROUBLE_WORDS = ['unplaced', 'unknown', 'failed', 'quarantined'] as const;
type TroubleWord = (typeof TROUBLE_WORDS)[number];
